// SPDX-License-Identifier: GPL-2.0
//
// What the browser does in the tests: a phone made of JsSIP and the browser's own media.
// The page asks its server (agent_browser.py) for words to say, and tells what they gave.

let ua, call;
const happened = [];

// A microphone: what the browser was given as one, or one of our own making. Only who may
// listen to the first is told the addresses of this host; the others get names of mDNS.
async function microphone(real)
{
	if (real)
		return navigator.mediaDevices.getUserMedia({ audio: true });
	const context = new AudioContext(), tone = context.createOscillator();
	const to = context.createMediaStreamDestination();

	tone.connect(to);
	tone.start();
	context.resume();
	return to.stream;
}

function listen(connection)
{
	connection.addEventListener('track', (e) => {
		const audio = new Audio();

		audio.srcObject = e.streams[0] || new MediaStream([e.track]);
		document.body.append(audio);
		audio.play();
	});
}

function follow(session)
{
	call = session;
	for (const name of ['progress', 'confirmed', 'hold', 'unhold', 'ended', 'failed', 'reinvite'])
		session.on(name, (e) => happened.push(name + ' ' + (e.originator || '') + ' ' +
						      (e.cause || '')));
	session.on('peerconnection', (e) => listen(e.peerconnection));
	if (session.connection)
		listen(session.connection);
}

function begin(server, user, password)
{
	ua = new JsSIP.UA({
		sockets: [new JsSIP.WebSocketInterface(server)],
		uri: 'sip:' + user + '@example.com',
		password, register_expires: 300, session_timers: false,
	});
	for (const name of ['registered', 'unregistered', 'registrationFailed', 'disconnected'])
		ua.on(name, (e) => happened.push(name + ' ' + (e.cause || '')));
	ua.on('newRTCSession', (e) => {
		follow(e.session);
		if (e.originator === 'remote')
			happened.push('rings');
	});
	ua.start();
}

// A lamp: the calls of another.
let lamp;

function watch(uri)
{
	lamp = ua.subscribe(uri, 'dialog', 'application/dialog-info+xml', {});
	for (const name of ['accepted', 'active', 'terminated'])
		lamp.on(name, (code) => happened.push('lamp ' + name + ' ' + code));
	lamp.on('notify', (last, request, body) => happened.push('lamp notify ' + body));
	lamp.subscribe();
}

async function dial(uri, real, video)
{
	const mediaStream = video ?
		await navigator.mediaDevices.getUserMedia({ audio: true, video: true }) :
		await microphone(real);

	happened.length = 0;
	ua.call(uri, { mediaStream, pcConfig: { iceServers: [] } });
}

async function answer(real)
{
	const mediaStream = await microphone(real);

	call.answer({ mediaStream, pcConfig: { iceServers: [] } });
}

async function stats()
{
	const all = [...(await call.connection.getStats()).values()];
	const transports = all.filter((s) => s.type === 'transport');
	const one = (type, kind = 'audio') =>
		all.find((s) => s.type === type && s.kind === kind) || {};
	const pair = all.find((s) => s.id === (transports[0] || {}).selectedCandidatePairId) ||
		all.find((s) => s.type === 'candidate-pair' && s.selected) || {};

	return {
		received: one('inbound-rtp').packetsReceived || 0,
		energy: one('inbound-rtp').totalAudioEnergy || 0,
		sent: one('outbound-rtp').packetsSent || 0,
		// by RTCP: what the other party says of ours, and of its own
		reported: 'jitter' in one('remote-inbound-rtp'),
		reports: one('remote-outbound-rtp').packetsSent || 0,
		frames: one('inbound-rtp', 'video').framesDecoded || 0,
		transports,
		pair,
		dtls: call.connection.getSenders().map((s) => s.transport && s.transport.state),
		local: call.connection.currentLocalDescription.sdp,
		remote: call.connection.currentRemoteDescription.sdp,
	};
}

async function serve()
{
	const made = Object.getPrototypeOf(serve).constructor;

	for (;;) {
		const { number, words } = await (await fetch('/next')).json();
		let said;

		try {
			said = { is: await made(words)() };
		} catch (e) {
			said = { error: String(e.stack || e) };
		}
		if (words)
			await fetch('/said', {
				method: 'POST',
				body: JSON.stringify({ number, ...said }),
			});
	}
}

JsSIP.debug.disable();
serve();
