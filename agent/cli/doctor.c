// SPDX-License-Identifier: GPL-2.0
/*
 * rtplane doctor: what of this host is known to keep calls from working, each with a
 * verdict, and what to do about it.  Nothing is changed.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "doctor.h"

#define MODULE		"/sys/module/rtplane"
#define EFI		"/sys/firmware/efi"
#define SECURE_BOOT	EFI "/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define ALG		"/sys/module/nf_conntrack_sip"
#define ALG_BY_ITSELF	"/proc/sys/net/netfilter/nf_conntrack_helper"
#define ROOM		"/proc/sys/net/core/rmem_max"
/* what a media socket of user space asks for, and what nft/rtplane.sysctl sets */
#define ROOM_NEEDED	(256 << 10)
#define ROOM_ADVICE	(4 << 20)
/* of the agent, beside those of media: connections, DNS, the store */
#define FILES_BESIDE	1024

void doctor_say(struct doctor *d, const char *check, enum verdict verdict,
		const char *remedy, const char *fmt, ...)
{
	static const char *const names[] = { "fine", "warning", "fault" };
	char text[512];
	va_list ap;
	json_t *o;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	o = json_pack("{s:s, s:s, s:s}", "check", check, "verdict", names[verdict],
		      "says", text);
	if (remedy)
		json_object_set_new(o, "remedy", json_string(remedy));
	json_array_append_new(d->list, o);
	d->faults += verdict == VERDICT_FAULT;
}

/* the first line of a file; false if it cannot be read */
static bool read_line(const char *path, char *buf, int size)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(buf, size, f);

	if (f)
		fclose(f);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

long doctor_number(const char *path)
{
	char text[32], *end;
	long number;

	if (!read_line(path, text, sizeof(text)))
		return -1;
	number = strtol(text, &end, 10);
	return end == text || *end ? -1 : number;
}

static const char *status_text(const struct doctor *d, const char *key)
{
	const char *text = json_string_value(json_object_get(d->status, key));

	return text ? text : "?";
}

bool doctor_has_module(const struct doctor *d)
{
	return !strcmp(status_text(d, "backend"), "kernel");
}

/* --------------------------------------------------------------------- the module */

static void check_versions(struct doctor *d)
{
	const char *agent = status_text(d, "version");

	if (strcmp(agent, RTPLANE_VERSION))
		doctor_say(d, "version", VERDICT_WARNING, "install both from the same package, and restart rtplaned",
			   "the agent is %s, and this program %s", agent, RTPLANE_VERSION);
	else
		doctor_say(d, "version", VERDICT_FINE, NULL,
			   "agent and command line are %s", agent);
}

static void check_module(struct doctor *d)
{
	char version[64];

	if (!read_line(MODULE "/version", version, sizeof(version)))
		*version = '\0';
	if (!doctor_has_module(d))
		doctor_say(d, "module", VERDICT_WARNING, *version ?
			   "restart rtplaned with datapath kernel or auto" :
			   "modprobe rtplane (dkms status tells if it was built for this kernel), and restart rtplaned",
			   "media is relayed in user space, which costs more: %s",
			   status_text(d, "backend_why"));
	else if (*version && strcmp(version, status_text(d, "version")))
		doctor_say(d, "module", VERDICT_WARNING, "when no call is on: stop rtplaned, rmmod rtplane, modprobe rtplane",
			   "the module that is loaded is %s, and the agent %s", version,
			   status_text(d, "version"));
	else
		doctor_say(d, "module", VERDICT_FINE, NULL,
			   "media is relayed by the module");
}

/* four bytes of attributes, and whether it is on */
static int secure_boot(void)
{
	unsigned char data[5] = { 0 };
	FILE *f = fopen(SECURE_BOOT, "re");
	size_t n = f ? fread(data, 1, sizeof(data), f) : 0;

	if (f)
		fclose(f);
	return n == sizeof(data) ? data[4] == 1 : -1;
}

static void check_secure_boot(struct doctor *d)
{
	int on = secure_boot();

	if (on < 0 && !access(EFI, F_OK))
		doctor_say(d, "secure-boot", VERDICT_WARNING, "mokutil --sb-state",
			   "whether Secure Boot is on cannot be read");
	else if (on > 0 && access(MODULE, F_OK))
		doctor_say(d, "secure-boot", VERDICT_FAULT, "sign the module with a key that the firmware knows: mokutil --import /var/lib/dkms/mok.pub, and reboot",
			   "Secure Boot is on and the module is not loaded: the kernel takes signed ones only");
	else
		doctor_say(d, "secure-boot", VERDICT_FINE, NULL, on > 0 ?
			   "Secure Boot is on, and the module is loaded" :
			   "Secure Boot is off");
}

/* ----------------------------------------------------------------------- the host */

static void check_alg(struct doctor *d)
{
	static const char remedy[] = "remove rules that name the helper \"sip\", then modprobe -r nf_nat_sip nf_conntrack_sip, and blacklist both in /etc/modprobe.d";

	if (access(ALG, F_OK))
		doctor_say(d, "sip-alg", VERDICT_FINE, NULL,
			   "nf_conntrack_sip is not loaded");
	else if (doctor_number(ALG_BY_ITSELF) == 1)
		doctor_say(d, "sip-alg", VERDICT_FAULT, remedy,
			   "this host has a SIP ALG that changes SIP: nf_conntrack_sip is loaded, and takes port 5060 by itself (net.netfilter.nf_conntrack_helper)");
	else
		doctor_say(d, "sip-alg", VERDICT_WARNING, remedy,
			   "nf_conntrack_sip is loaded: a rule may give it SIP, which it changes");
}

static void check_room(struct doctor *d)
{
	long room = doctor_number(ROOM);

	if (room < 0)
		doctor_say(d, "buffers", VERDICT_WARNING, NULL,
			   "net.core.rmem_max cannot be read in this network namespace");
	else if (room < ROOM_NEEDED)
		doctor_say(d, "buffers", doctor_has_module(d) ? VERDICT_WARNING : VERDICT_FAULT,
			   "sysctl -w net.core.rmem_max=4194304 (60-rtplane.conf in sysctl.d sets it)",
			   "net.core.rmem_max is %ld: a media socket in user space wants %d, and loses packets when many come at once",
			   room, ROOM_NEEDED);
	else
		doctor_say(d, "buffers", room < ROOM_ADVICE ? VERDICT_WARNING : VERDICT_FINE,
			   room < ROOM_ADVICE ? "sysctl -w net.core.rmem_max=4194304 (60-rtplane.conf in sysctl.d sets it)" : NULL,
			   "net.core.rmem_max is %ld", room);
}

/* a socket for each media port: what the unit allows, a shell may not */
static void check_files(struct doctor *d)
{
	static const char remedy[] = "LimitNOFILE=1048576 in the unit (rtplaned.service has it; systemctl edit rtplaned shows who says otherwise), or fewer ports";
	const json_t *ports = json_object_get(d->status, "ports"), *pairs;
	json_int_t needed = FILES_BESIDE, limit;
	size_t i;

	limit = json_integer_value(json_object_get(d->status, "files_limit"));
	for (i = 0; i < json_array_size(ports); i++) {
		pairs = json_object_get(json_array_get(ports, i), "pairs");
		needed += 2 * json_integer_value(pairs);
	}
	if (limit <= 0)
		return;
	if (limit < needed)
		doctor_say(d, "files", VERDICT_FAULT, remedy,
			   "the agent may have %" JSON_INTEGER_FORMAT " files open, and wants %" JSON_INTEGER_FORMAT " when all its media ports are in use: calls will be refused before",
			   limit, needed);
	else
		doctor_say(d, "files", VERDICT_FINE, NULL,
			   "the agent may have %" JSON_INTEGER_FORMAT " files open, and wants %" JSON_INTEGER_FORMAT " at most",
			   limit, needed);
}

static void check_clock(struct doctor *d)
{
	struct timex tx = { 0 };
	int state = adjtimex(&tx);

	if (state == TIME_ERROR || tx.status & STA_UNSYNC)
		doctor_say(d, "clock", VERDICT_WARNING, "apt install chrony, or systemctl start systemd-timesyncd",
			   "the clock is not synchronised: certificates, tickets and logs are judged by it");
	else
		doctor_say(d, "clock", VERDICT_FINE, NULL, "the clock is synchronised");
}

static void check_firewall(struct doctor *d)
{
	unsigned int lost;
	json_t *result = cli_firewall_check(d->cli, d->openings, &lost);
	const char *unread;

	unread = json_string_value(json_object_get(result, "unread"));
	if (!result)
		doctor_say(d, "firewall", VERDICT_WARNING, "run it as root",
			   "this host's rules cannot be read");
	else if (lost)
		doctor_say(d, "firewall", VERDICT_FAULT, "rtplane firewall --check names the rules",
			   "this host's own rules keep out some of what has to arrive: %u lines",
			   lost);
	else if (unread)
		doctor_say(d, "firewall", VERDICT_WARNING, "update-alternatives --set iptables /usr/sbin/iptables-nft, and load the rules anew",
			   "there are rules of the older iptables, which were not looked at: %s",
			   unread);
	else
		doctor_say(d, "firewall", VERDICT_FINE, NULL,
			   "this host's own rules let in what has to arrive");
	json_decref(result);
}

/* what others know an address of ours by: "OUTSIDE to INSIDE" is what the edge maps */
static bool advertised(const struct doctor *d, const char *inside, struct dp_addr *addr)
{
	char text[2 * DP_ADDR_STRLEN + 8], *to;
	const char *address;
	size_t i;

	for (i = 0; i < json_array_size(d->edge); i++) {
		address = json_string_value(json_object_get(json_array_get(d->edge, i),
							    "address"));
		snprintf(text, sizeof(text), "%s", address ? address : "");
		to = strstr(text, " to ");
		if (!to || strcmp(to + strlen(" to "), inside))
			continue;
		*to = '\0';
		return dp_addr_parse_host(text, addr);
	}
	return false;
}

static void check_seen(struct doctor *d, const json_t *at)
{
	const char *inside = "", *seen = "", *why = "", *server = "the STUN server";
	char told[DP_ADDR_STRLEN], remedy[128];
	struct dp_addr by, known;

	json_unpack((json_t *)(uintptr_t)at, "{s?s, s?s, s?s, s?s}", "address", &inside,
		    "seen", &seen, "why", &why, "server", &server);
	if (*why || !dp_addr_parse(seen, &by)) {
		doctor_say(d, "stun", VERDICT_WARNING, "the NAT in front has to map the media ports 1:1, and to let UDP out to the server",
			   "%s: %s", inside, *why ? why : "no STUN server has answered yet");
		return;
	}
	by.port = 0;
	dp_addr_str(&by, told, sizeof(told));
	if (advertised(d, inside, &known) && !dp_addr_same_host(&known, &by)) {
		snprintf(remedy, sizeof(remedy), "advertise: %s at listen: %s", told,
			 inside);
		doctor_say(d, "stun", VERDICT_FAULT, remedy,
			   "%s sees %s as %s, and another address is advertised", server,
			   inside, told);
		return;
	}
	doctor_say(d, "stun", VERDICT_FINE, NULL, "%s sees %s as %s", server, inside, told);
}

/* where a realm has a server */
static void check_stun(struct doctor *d)
{
	const json_t *list = json_object_get(d->status, "stun");
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		check_seen(d, json_array_get(list, i));
}

static int examine(struct doctor *d)
{
	if (getifaddrs(&d->addrs))
		return cli_refused(d->cli, "the addresses of this host cannot be read: %m");
	check_versions(d);
	check_module(d);
	check_secure_boot(d);
	doctor_net(d);
	check_alg(d);
	check_room(d);
	check_files(d);
	check_clock(d);
	check_firewall(d);
	check_stun(d);
	freeifaddrs(d->addrs);
	cli_print(d->cli, d->list);
	return d->faults ? CLI_REFUSED : CLI_OK;
}

int cmd_doctor(struct args *args)
{
	struct doctor d = { .cli = args->cli };
	json_t *status, *firewall = NULL, *edge = NULL;
	int ret = args_end(args);

	if (ret)
		return ret;
	status = cli_ask(args->cli, "status", NULL, NULL);
	if (status)
		firewall = cli_ask(args->cli, "firewall", "json", "host");
	if (firewall)
		edge = cli_ask(args->cli, "firewall", "json", "edge");
	ret = CLI_REFUSED;
	if (edge) {
		d.status = status;
		d.openings = json_object_get(firewall, "openings");
		d.edge = json_object_get(edge, "openings");
		d.list = json_array();
		ret = examine(&d);
		json_decref(d.list);
	}
	json_decref(edge);
	json_decref(firewall);
	json_decref(status);
	return ret;
}
