'use strict';

/*
 * hooks.js - functions that lib/ports provides to the codec. Without them, all shapes,
 * strings and binary data are part of the message.
 */

const { Buffer } = require('../loading/builtins');

const hooks = {
  /** @type {(u8: Uint8Array) => void} the scratch has been replaced */
  setScratch() {},
  /**
   * @type {null | ((text: string) => number)} process-wide number of a shape, -1: none
   *   left
   */
  internShape: null,
  /** @type {null | ((id: number) => string | undefined)} the text of a number */
  shapeKeys: null,
  /**
   * Called for each object of an unknown type.
   * @type {null | ((object: object, context: object | null) => number)} index of a port,
   *   or -1
   */
  port: null,
  /** @type {null | ((index: number) => object | undefined)} */
  takePort: null,
  /**
   * @type {null | ((buffer: ArrayBuffer, offset: number, length: number) => number)}
   *   block index
   */
  stageBytes: null,
  /** @type {null | ((string: string, oneByte: boolean) => number)} block index */
  stageString: null,
  /** @type {null | ((index: number) => ArrayBuffer | undefined)} */
  takeBlock: null,
  /** @type {null | ((index: number, oneByte: boolean) => string | undefined)} */
  takeString: null,
  /**
   * Allocates memory for a message's copy of a buffer: a Uint8Array with its own
   * ArrayBuffer.
   */
  allocate: Buffer.allocUnsafeSlow,
  /** Called for a foreign value that is a copy made for this message: transfer it. */
  copied() {},
  /** Whether the receiver prefers very large data as blocks. */
  views: () => false,
  /** Drops the blocks of the outermost encoding, which has failed. */
  unstage() {},
};

module.exports = { hooks };
