// SPDX-License-Identifier: GPL-2.0
// ng_driver.js udp|tcp|ws HOST PORT: rtpengine-client, which jambonz and drachtio have, asked
// by lines of JSON: {"method": "offer", "words": {...}}; each reply is one.  It finds its
// modules by NODE_PATH.
'use strict';
const { Client, TcpClient, WsClient } = require('rtpengine-client');
const readline = require('readline');

const [kind, host, port] = process.argv.slice(2);
const made = {
  udp: () => new Client({ timeout: 20000 }),
  tcp: () => new TcpClient({ hostport: `${host}:${port}`, timeout: 20000 }),
  ws: () => new WsClient(`ws://${host}:${port}`),
};
const client = made[kind]();

// What the driver itself says goes elsewhere.
console.log = console.error;
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

function ask({ method, words }) {
  return kind === 'udp' ? client[method]({ host, port: Number(port) }, words) : client[method](words);
}

client.on('error', (error) => say({ result: 'error', 'error-reason': String(error) }));
client.on('listening', () => {
  say('ready');
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    ask(JSON.parse(line)).then((reply) => say(reply),
      (error) => say({ result: 'error', 'error-reason': String(error) }));
  }).on('close', () => process.exit(0));
});
