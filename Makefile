# SPDX-License-Identifier: GPL-2.0
#
# rtplane: the kernel module, the agent, the command line and their tests.
# Everything that is built goes to build/; `make help` lists the goals.

VERSION := 0.1.0

BUILD := build
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
# /lib/systemd/system is the packages'
UNITDIR ?= $(if $(filter /usr,$(PREFIX)),/lib,$(PREFIX)/lib)/systemd/system
DESTDIR ?=

.DEFAULT_GOAL := help
.SECONDARY:
# make -s is silent but for warnings and errors
say := $(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,echo)
.DELETE_ON_ERROR:

# ---------------------------------------------------------------- the module
#
# KERNEL names what the module is built for: 6.1 and 6.12 are Debian's (fetched
# into the cache by scripts/kernel), 7 the newest that Debian has, debug and kcsan those of
# scripts/debug-kernel, "running" the kernel of this machine. KDIR=... names any
# other header tree. W=1 and C=1 reach Kbuild by themselves.

RUNNING := $(shell uname -r)
HEADERS := $(wildcard /lib/modules/$(RUNNING)/build/Makefile)
KERNEL ?= $(if $(HEADERS),running,6.1)
# the module's name: it is in build/kmod-$(KMOD)
KMOD := $(if $(KDIR),custom,$(KERNEL))
KMOD_LINKS := kmod uapi $(wildcard selftests/kunit)

kdir-running := /lib/modules/$(RUNNING)/build
kdir = $(or $(KDIR),$(kdir-$(1)),$(shell scripts/kernel $(1) build))

# Debian builds 7 with a newer compiler and pahole, which know more than those here; the
# headers' .config says what.
kbuild-7 := CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= CONFIG_DEBUG_INFO_BTF_MODULES=

# $(1): name, for build/kmod-$(1). Kbuild writes objects beside the sources, so
# it is given a tree of links to them and the sources stay clean.
define kbuild
	@mkdir -p $(BUILD)/kmod-$(1)
	@scripts/link-tree $(BUILD)/kmod-$(1) Kbuild $(KMOD_LINKS)
	+@kdir=$(call kdir,$(1)) && [ -n "$$kdir" ] && flock $(BUILD)/kmod-$(1).lock \
		$(MAKE) --no-print-directory -C "$$kdir" \
		$(if $(filter arm64,$(1)),CROSS_COMPILE=aarch64-linux-gnu-) \
		$(if $(filter debug kcsan 7,$(1)),CC=gcc-12) $(kbuild-$(1)) M=$(CURDIR)/$(BUILD)/kmod-$(1) modules
endef

.PHONY: modules modules-% modules_install headers-missing
modules: modules-$(KMOD)

modules-%:
	$(call kbuild,$*)

# For the running kernel, or for the one that was named: never for the 6.1 that is
# KERNEL only because nothing better is here.
modules_install: $(if $(HEADERS)$(KDIR)$(filter-out file,$(origin KERNEL)),modules,headers-missing)
	+$(MAKE) -C $(call kdir,$(KMOD)) M=$(CURDIR)/$(BUILD)/kmod-$(KMOD) modules_install

headers-missing:
	@echo 'modules_install: the headers of the running kernel $(RUNNING) are not here;' \
		'expected linux-headers-$(RUNNING) installed, or KERNEL=... or KDIR=...' >&2
	@exit 1

# --------------------------------------------------------- agent, command line
#
# All of agent/ but the two programs' own files is one archive; the linker takes
# from it what each program needs. So are the pure parts of the module, which
# judge and count alike in the user-space datapath (kmod/portable.h).

PKGS := libnl-3.0 libnl-genl-3.0 libnl-route-3.0 libmnl libnftnl liburing libsrtp2 \
	openssl libuv libcares libcyaml yaml-0.1 jansson libwebsockets lmdb
PKG_CFLAGS = $(patsubst -I%,-isystem%,$(shell pkg-config --cflags $(PKGS)))
PKG_LIBS = $(shell pkg-config --libs $(PKGS))

CC = gcc
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 \
	-Wundef -Wcast-align -Wno-unused-parameter
OUR_CFLAGS = -std=gnu11 -D_GNU_SOURCE= -DRTPLANE_VERSION='"$(VERSION)"' $(WARN) \
	-fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
	-Iuapi -Iagent -I. $(PKG_CFLAGS) $(CFLAGS)
OUR_LDFLAGS = -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)

AGENT_SRC := $(wildcard agent/*.c agent/*/*.c) kmod/policy.c kmod/rtpstats.c kmod/saved.c
CLI_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter agent/cli/%,$(AGENT_SRC)))
MAIN_OBJ := $(BUILD)/agent/main.o
LIB_OBJ := $(filter-out $(CLI_OBJ) $(MAIN_OBJ),$(AGENT_SRC:%.c=$(BUILD)/%.o))
LIB := $(BUILD)/agent/libagent.a

.PHONY: agent
agent: $(BUILD)/rtplaned $(BUILD)/rtplane

$(BUILD)/rtplaned: $(MAIN_OBJ) $(LIB)
$(BUILD)/rtplane: $(CLI_OBJ) $(LIB)
$(BUILD)/rtplaned $(BUILD)/rtplane:
	@$(say) '  LD      $@'
	@$(CC) $(OUR_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(PKG_LIBS) -lm -pthread

$(LIB): $(LIB_OBJ)
	@$(say) '  AR      $@'
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	@$(say) '  CC      $<'
	@$(CC) $(OUR_CFLAGS) -MMD -MP -c -o $@ $<

-include $(patsubst %.c,$(BUILD)/%.d,$(AGENT_SRC))

# The same with the compiler's sanitizers, in build/asan and build/tsan: what
# selftests/sanitize_asan.sh and sanitize_tsan.sh run. Where there is one thread there
# are no races: threads are begun by engine/, and by programs that do so themselves.
SANITIZE-asan := address,undefined
SANITIZE-tsan := thread
.PHONY: asan tsan
asan tsan:
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/$@ LDFLAGS=-fsanitize=$(SANITIZE-$@) \
		CFLAGS='-O1 -g1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE-$@)' agent \
		$(if $(filter tsan,$@),threaded,units)

# The same for arm64, in build/arm64: what the tests run on that kernel.
.PHONY: arm64
arm64: modules-arm64
	+@root=$$(scripts/arm64-root) && export PKG_CONFIG_SYSROOT_DIR="$$root" \
		PKG_CONFIG_LIBDIR="$$root/usr/lib/aarch64-linux-gnu/pkgconfig:$$root/usr/share/pkgconfig" && \
		$(MAKE) --no-print-directory BUILD=$(BUILD)/arm64 \
			CC="aarch64-linux-gnu-gcc-12 --sysroot=$$root" agent tools

# ------------------------------------------------------------ programs of tests
#
# One program per file: selftests/tools for the shell tests' use (static, since the
# dynamic linker takes 40 ms of an emulated CPU at each start), selftests/unit
# tests of the agent's parts, which are linked with the agent's archive.

TOOL_SRC := $(wildcard selftests/tools/*.c)
UNIT_SRC := $(wildcard selftests/unit/*.c)
TOOLS := $(patsubst selftests/tools/%.c,$(BUILD)/selftests/%,$(TOOL_SRC))
UNITS := $(patsubst selftests/unit/%.c,$(BUILD)/selftests/unit/%,$(UNIT_SRC))
# fuzz targets, each with a driver of its own
FUZZ_SRC := $(wildcard selftests/fuzz/*.c)
FUZZERS := $(patsubst selftests/fuzz/%.c,$(BUILD)/selftests/fuzz/%,$(FUZZ_SRC))

THREADED := $(patsubst selftests/unit/%.c,$(BUILD)/selftests/unit/%,$(shell grep -lE 'pthread_|"engines?[./]|media_new|"nft/|"store/store|"(session|ng)_[a-z_]*\.h"' $(UNIT_SRC)))

.PHONY: tools units threaded
tools: $(TOOLS) $(UNITS) $(FUZZERS) $(if $(findstring aarch64,$(CC)),,$(BUILD)/static/rtplane)
units: $(UNITS) $(FUZZERS)
threaded: $(THREADED)

# The command line without the dynamic linker, which tests in a guest start thousands
# of times; needs no library of which Debian has no archive (libmnl is one), nor OpenSSL,
# whose megabytes would be relocated each time.
$(BUILD)/static/rtplane: $(filter-out %/probe.o %/probe_serve.o %/probe_ask.o %/probe_tcp.o %/probe_say.o %/probe_net.o %/stun.o %/firewall.o %/doctor.o %/doctor_net.o,$(CLI_OBJ)) $(LIB)
	@mkdir -p $(@D)
	@$(say) '  LD      $@'
	@$(CC) $(OUR_LDFLAGS) -static-pie -Wl,--no-warnings -o $@ $(filter %.o,$^) $(LIB) \
		$(shell pkg-config --static --libs libnl-genl-3.0 libcyaml jansson) -lm -pthread

$(BUILD)/selftests/%: selftests/tools/%.c $(wildcard selftests/tools/*.h) $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	@$(say) '  CC      $<'
	@$(CC) $(OUR_CFLAGS) -Iselftests/tools $(OUR_LDFLAGS) $(if $(TOOL_LIBS),,-static-pie) \
		-MMD -MP -MF $@.d -o $@ $< $(TOOL_LIBS) -lm -pthread

# there is no archive of libsrtp2 that stands alone
$(BUILD)/selftests/pktbench: TOOL_LIBS := -lsrtp2
$(BUILD)/selftests/srtprelay: TOOL_LIBS := $(LIB) $(PKG_LIBS)
$(BUILD)/selftests/srtprelay: $(LIB)
$(BUILD)/selftests/icepeer: TOOL_LIBS := $(LIB) $(PKG_LIBS)
$(BUILD)/selftests/icepeer: $(LIB)
$(BUILD)/selftests/icebench $(BUILD)/selftests/dtlsbench $(BUILD)/selftests/setupload: TOOL_LIBS := $(LIB) $(PKG_LIBS)
$(BUILD)/selftests/icebench $(BUILD)/selftests/dtlsbench $(BUILD)/selftests/setupload: $(LIB)

# libsrtp2 is no static program's
$(BUILD)/selftests/srtp: selftests/tools/srtp.c $(wildcard selftests/tools/*.h) $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	@$(say) '  CC      $<'
	@$(CC) $(OUR_CFLAGS) -Iselftests/tools $(OUR_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< -lsrtp2 -lcrypto
$(BUILD)/selftests/srtpway $(BUILD)/selftests/pktfuzz: TOOL_LIBS := -lsrtp2
$(BUILD)/selftests/srtpswap: TOOL_LIBS := $(LIB) $(PKG_LIBS)
$(BUILD)/selftests/srtpswap: $(LIB)
$(BUILD)/selftests/dtlsend: TOOL_LIBS := $(LIB) $(PKG_LIBS)
$(BUILD)/selftests/dtlsend: $(LIB)

$(BUILD)/selftests/unit/%: selftests/unit/%.c $(LIB) $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	@$(say) '  CC      $<'
	@$(CC) $(OUR_CFLAGS) -Iselftests/unit -Iselftests/unit/kernel $(OUR_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LIB) \
		$(PKG_LIBS) -lm -pthread

$(BUILD)/selftests/fuzz/%: selftests/fuzz/%.c $(LIB) $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	@$(say) '  CC      $<'
	@$(CC) $(OUR_CFLAGS) -Iselftests/fuzz $(OUR_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LIB) \
		$(PKG_LIBS) -lm -pthread

-include $(addsuffix .d,$(TOOLS) $(UNITS) $(FUZZERS))

# -------------------------------------------------------------- what people call

.PHONY: all setup install install-agent uninstall deb demo run check check-kernels check-debug check-races checkpatch bench clean distclean help version

all: modules agent tools

setup:
	@scripts/setup build kernel

# What a package holds too, and the unit that goes with an installation by hand. Its
# user is made by packages themselves, here where root installs for this machine.
SYSUSERS := $(PREFIX)/lib/sysusers.d/rtplane.conf
install: install-agent
	install -d $(DESTDIR)$(UNITDIR)
	sed 's#/usr/sbin/#$(PREFIX)/sbin/#; s#/etc/rtplane/#$(SYSCONFDIR)/rtplane/#' \
		debian/rtplane.rtplaned.service >$(DESTDIR)$(UNITDIR)/rtplaned.service
	install -D -m 644 debian/rtplane.sysusers $(DESTDIR)$(SYSUSERS)
	[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ! command -v systemd-sysusers >/dev/null || \
		systemd-sysusers $(SYSUSERS)
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload

# What install has put there, but for the configuration.
uninstall:
	rm -f $(DESTDIR)$(UNITDIR)/rtplaned.service $(DESTDIR)$(SYSUSERS) \
		$(DESTDIR)$(PREFIX)/bin/rtplane $(DESTDIR)$(PREFIX)/sbin/rtplaned \
		$(foreach header,$(notdir $(wildcard uapi/linux/*.h)), \
			$(DESTDIR)$(PREFIX)/include/linux/$(header)) \
		$(DESTDIR)$(PREFIX)/lib/sysctl.d/60-rtplane.conf \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/rtplane
	rm -f $(foreach page,$(notdir $(wildcard Documentation/man/*.[1-8])), \
		$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(page)))/$(page))
	rm -rf $(DESTDIR)$(PREFIX)/share/rtplane

install-agent: agent
	install -D -m 755 $(BUILD)/rtplane $(DESTDIR)$(PREFIX)/bin/rtplane
	install -D -m 755 $(BUILD)/rtplaned $(DESTDIR)$(PREFIX)/sbin/rtplaned
	install -d $(DESTDIR)$(PREFIX)/include/linux
	install -m 644 uapi/linux/*.h $(DESTDIR)$(PREFIX)/include/linux
	install -D -m 644 agent/cli/rtplane.bash-completion \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/rtplane
	for page in $(wildcard Documentation/man/*.[1-8]); do \
		install -D -m 644 $$page \
			$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit; \
	done
	for file in $(wildcard nft/*.nft) agent/config/rtplaned.yaml.example; do \
		install -D -m 644 $$file \
			$(DESTDIR)$(PREFIX)/share/rtplane/$${file##*/} || exit; \
	done
	install -D -m 644 nft/rtplane.sysctl $(DESTDIR)$(PREFIX)/lib/sysctl.d/60-rtplane.conf
	[ -e $(DESTDIR)$(SYSCONFDIR)/rtplane/rtplaned.yaml ] || \
		install -D -m 644 agent/config/rtplaned.yaml.example \
			$(DESTDIR)$(SYSCONFDIR)/rtplane/rtplaned.yaml

demo:
	@scripts/demo

run:
	@scripts/run

check:
	@selftests/run

# By hand: all of the module's tests on each of Debian's kernels.
check-kernels:
	@selftests/run --kernels 6.1,6.12,7

# By hand: an hour and more, and a kernel of its own that takes ten minutes to make.
check-debug:
	@selftests/run --kernels debug

check-races:
	@selftests/run selftests/races.sh

deb:
	@scripts/deb

checkpatch:
	@scripts/checkpatch

bench:
	@scripts/bench

version:
	@echo $(VERSION)

clean:
	rm -rf $(BUILD)

distclean: clean
	@cache=$${RTPLANE_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/rtplane}; \
		echo "rm -rf $$cache"; rm -rf "$$cache"

help:
	@echo 'rtplane: the media of telephone calls, relayed inside the kernel'
	@echo
	@$(say) '  make demo     set up what is needed and carry a real call through the module'
	@$(say) '  make run      a media host on this machine, in the foreground'
	@$(say) '  make check    set up what is needed and run every test'
	@$(say) '  make check-kernels  every test of the module on 6.1, 6.12 and 7'
	@$(say) '  make check-debug  every test of the module on a kernel with KASAN, lockdep...'
	@$(say) '  make check-races  packets and changes on two processors, on a kernel with KCSAN'
	@echo
	@$(say) '  make setup    install the packages needed to build (apt, as root)'
	@$(say) '  make all      modules, agent and the tests'\'' programs'
	@$(say) '  make modules  rtplane.ko for KERNEL=6.1|6.12|7|running|arm64|debug|kcsan or KDIR=tree;'
	@$(say) '                W=1 and C=1 as in the kernel; result in build/kmod-KERNEL or kmod-custom'
	@$(say) '  make agent    rtplaned and rtplane, in build/'
	@$(say) '  make tools    the programs that the tests use'
	@$(say) '  make install  agent, command line, manual, unit (DESTDIR, PREFIX)'
	@$(say) '  make uninstall    what install has put there, but for the configuration'
	@$(say) '  make modules_install   rtplane.ko for the running kernel, KERNEL or KDIR (or dkms: debian/)'
	@$(say) '  make bench    what a forwarded packet costs, of us and of others'
	@$(say) '  make checkpatch   the kernel'\''s style check on kmod/ and uapi/'
	@$(say) '  make clean    remove build/'
	@$(say) '  make distclean    and the cache of kernels'
	@echo
	@echo 'One test: selftests/run selftests/NAME.sh; a guest: scripts/vm -- CMD'
