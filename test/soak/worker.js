'use strict';

/* worker.js - a worker of the soak test: a player that ends when told to, and idle. */

const { workerData } = require('node:worker_threads');
const api = require(workerData.implementation);
const { Player, laneEnd } = require('./player');

const { id, lane: port, killed, after } = workerData;
const lane = { id: laneEnd(id, 1), port };
const player = new Player({
  ...workerData, api, onFail: (why, history) => port.postMessage({ why, history: [...history] }),
});
const { ledger } = player;
const parent = player.hold(2 * id + 1, api.parentPort, true);
let turns = 0;

player.lanes = [lane];
player.takeLane(lane, ({ command }) => {
  if (command === 'history') port.postMessage({ open: [...player.ends.keys()], history: [...player.history] });
  else {
    player.finish();
    port.postMessage({ stopped: true });
  }
});

/** Whether everything sent to this worker has arrived, and all its ends are closed. */
function over() {
  return player.finishing && ledger.finished && player.open === 0 &&
    ledger.get(parent.id, 'RECEIVED') === ledger.get(parent.id ^ 1, 'SENT') &&
    ledger.get(lane.id, 'RECEIVED') === ledger.get(lane.id ^ 1, 'SENT') &&
    player.rings.every((ring) => ring.done);
}

function turn() {
  player.turn();
  if (++turns === after) {
    if (killed === 'exit') process.exit(0);
    if (killed === 'throw') throw new Error('soak');
  }
  if (!over()) return player.next() < 0.7 ? setImmediate(turn) : setTimeout(turn, player.next() * 4);

  ledger.set(parent.id, 'SELF', 1);
  api.parentPort.close();
  port.close();
}

turn();
