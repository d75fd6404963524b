// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to the media of calls, told to the proxy: a datagram each, a flat object in
 * JSON with rtpengine's words of a digit.  OpenSIPS makes an event of any such object,
 * Kamailio one of a digit.
 *
 *   DTMF      a digit (RFC 4733) is over
 *   silence   a party that is to send has stopped
 *   no-audio  it has not begun
 *   timeout   nobody sends any more, and the call ends by that
 *
 * Nobody waits for them: what the socket does not take is lost, and counted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtplane.h>

#include "private.h"

void ng_events_close(struct ng *ng)
{
	if (ng->events >= 0)
		close(ng->events);
	ng->events = -1;
}

void ng_events_open(struct ng *ng)
{
	const struct dp_addr *to = &ng->config->ng_events;
	struct sockaddr_storage ss;
	char text[DP_ADDR_STRLEN];
	socklen_t len;

	ng_events_close(ng);
	if (!to->family)
		return;
	len = dp_addr_to_sockaddr(to, &ss);
	ng->events = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ng->events >= 0 && !connect(ng->events, (struct sockaddr *)&ss, len))
		return;
	log_warning("events of ng cannot be told to %s: %s",
		    dp_addr_str(to, text, sizeof(text)), strerror(errno));
	ng_events_close(ng);
}

/* its tag, and label, in the branch that is heard, else in any; NULL: it has none yet */
static const char *tag_of(const struct ng_call *call,
			  const struct session_party *party, const char **label)
{
	const struct session_branch *heard = session_heard(call->session);
	const struct ng_branch *branch;
	const char *tag = NULL;
	unsigned int s;

	*label = NULL;
	LIST_FOREACH(branch, &call->branches, entry) {
		for (s = 0; s < 2; s++) {
			if (branch->party[s] != party || !branch->tag[s])
				continue;
			*label = branch->label[s];
			tag = branch->tag[s];
			if (branch->media == heard)
				return tag;
		}
	}
	return tag;
}

/* each tag once, though a party may be in many branches */
static void add_tags(struct ng_tree *tree, struct ng_value *out,
		     const struct ng_call *call)
{
	struct ng_value *tags = ng_add_list(tree, out, "tags");
	const struct ng_branch *branch;
	const struct ng_value *seen;
	unsigned int s;

	LIST_FOREACH(branch, &call->branches, entry) {
		for (s = 0; s < 2; s++) {
			seen = tags ? tags->first : NULL;
			while (seen && !ng_is(branch->tag[s], seen->text))
				seen = seen->next;
			if (branch->tag[s] && !seen)
				ng_add_string(tree, tags, NULL, branch->tag[s]);
		}
	}
}

/* @party: NULL: nobody's alone */
static struct ng_value *begin(struct ng_tree *tree, const struct ng_call *call,
			      const struct session_party *party, const char *type)
{
	struct ng_value *out = ng_tree_begin(tree);
	const char *label, *tag = tag_of(call, party, &label);

	ng_add_string(tree, out, "callid", call->id);
	if (tag)
		ng_add_string(tree, out, "source_tag", tag);
	ng_add_string(tree, out, "source_label", label ? label : "");
	add_tags(tree, out, call);
	ng_add_string(tree, out, "type", type);
	ng_add_number(tree, out, "timestamp", time(NULL));
	return out;
}

static void send_it(struct ng *ng, struct ng_tree *tree)
{
	size_t len;
	char *text = ng_tree_write(tree, NG_JSON, (struct span){ 0 }, &len);

	ng_tree_clear(tree);
	ng->counters.told++;
	if (!text || send(ng->events, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		ng->counters.untold++;
	free(text);
}

static void add_source(struct ng_tree *tree, struct ng_value *out,
		       const struct dp_addr *addr)
{
	struct dp_addr host = *addr;
	char text[DP_ADDR_STRLEN];

	host.port = 0;
	if (host.family)
		ng_add_string(tree, out, "source_ip",
			      dp_addr_str(&host, text, sizeof(text)));
}

static void tell_digit(struct ng_call *call, const struct session_event *event)
{
	const struct dp_digit *digit = &event->dp->digit;
	struct ng_tree tree = { 0 };
	struct ng_value *out = begin(&tree, call, event->party, "DTMF");

	add_source(&tree, out, &event->dp->new);
	ng_add_number(&tree, out, "event", digit->event);
	ng_add_number(&tree, out, "duration", event->ms);
	ng_add_number(&tree, out, "volume", digit->volume);
	send_it(call->ng, &tree);
}

static void tell_silence(struct ng_call *call, const struct session_event *event)
{
	struct ng_tree tree = { 0 };
	struct ng_value *out;

	out = begin(&tree, call, event->party,
		    event->ever ? "silence" : "no-audio");
	add_source(&tree, out, &event->dp->old);
	ng_add_number(&tree, out, "media", event->line);
	ng_add_number(&tree, out, "seconds", call->ng->config->ng_silence);
	send_it(call->ng, &tree);
}

void ng_tell_event(struct ng_call *call, const struct session_event *event)
{
	if (call->ng->events < 0 || !event->party || call->deleted)
		return;
	if (event->what == SESSION_DIGIT)
		tell_digit(call, event);
	else if (event->what == SESSION_SILENT && event->sends &&
		 event->component == 1)
		tell_silence(call, event);
}

void ng_tell_timeout(struct ng_call *call)
{
	struct ng_tree tree = { 0 };

	if (call->ng->events < 0)
		return;
	begin(&tree, call, NULL, "timeout");
	send_it(call->ng, &tree);
}
