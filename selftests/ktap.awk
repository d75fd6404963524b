# SPDX-License-Identifier: GPL-2.0
#
# Reads the output of one test (KTAP, Documentation/dev-tools/ktap.rst), prints
# a line per result: pass, fail or skip, a tab, and what it was. Variables:
# status, the test's exit status; limit, the seconds it had.
#
# Nested results (indented) are the test's own affair.

function result(verdict, text)
{
	print verdict "\t" text
	count[verdict]++
}

BEGIN { plan = -1 }

/^1\.\.[0-9]+/ {
	if (plan >= 0)
		result("fail", "a second plan: " $0)
	plan = substr($1, 4) + 0
	if (plan == 0)
		reason = $0
	next
}

/^Bail out!/ {
	result("fail", $0)
	next
}

# said by a check that failed: the result that follows must say so too
/^# FAILED:/ {
	complaint = $0
	next
}

/^(not )?ok( |$)/ {
	points++
	bad = $1 == "not"
	text = $0
	sub(/^(not )?ok */, "", text)
	if (match(text, /^[0-9]+/)) {
		if (substr(text, 1, RLENGTH) + 0 != points)
			result("fail", "result " substr(text, 1, RLENGTH) " comes as number " points)
		text = substr(text, RLENGTH + 1)
	}
	sub(/^ *-? */, "", text)
	if (text == "")
		text = "result " points
	if (!bad && complaint != "") {
		result("fail", text ": passed, though it said: " substr(complaint, 1, 200))
		complaint = ""
		next
	}
	complaint = ""
	if (bad) {
		result("fail", text)
	} else if (match(text, /# *SKIP/)) {
		why = substr(text, RSTART + RLENGTH)
		gsub(/^[ :]+/, "", why)
		if (why == "")
			result("fail", text ": skipped without a reason")
		else
			result("skip", text)
	} else if (text ~ /# *(TODO|XFAIL)/) {
		result("fail", text ": unfinished work does not pass")
	} else {
		result("pass", text)
	}
}

END {
	if (status == 124 || status == 137) {
		result("fail", "it did not end within " limit " seconds")
		exit
	}
	if (status == 4 && !points) {
		sub(/.*# *SKIP[ :]*/, "", reason)
		if (reason == "" || reason ~ /^1\.\.0/)
			result("fail", "skipped (exit 4) without a reason")
		else
			result("skip", "all # SKIP " reason)
		exit
	}
	if (!points)
		result("fail", "it printed no results; exit status " status)
	else if (plan < 0)
		result("fail", "it printed no plan (1..N)")
	else if (plan != points)
		result("fail", "its plan is 1.." plan ", but it printed " points " results")
	if (status != 0 && status != 4 && !count["fail"])
		result("fail", "exit status " status ", though no result failed")
	if (status == 4 && points && !count["skip"])
		result("fail", "exit status 4 (skip), though nothing was skipped")
	if (status == 0 && count["fail"])
		result("fail", "exit status 0, though results failed")
}
