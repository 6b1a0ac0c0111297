'use strict';

/*
 * hooks.js - what the port layer does for the codec. Without it the codec stands alone: shapes,
 * strings and binary data travel in the message.
 */

const { Buffer } = require('../loading/builtins');

const hooks = {
  /** @type {(u8: Uint8Array) => void} the scratch has been replaced */
  setScratch() {},
  /** @type {null | ((text: string) => number)} process-wide number of a shape, -1: none left */
  internShape: null,
  /** @type {null | ((id: number) => string | undefined)} the text of a number */
  shapeKeys: null,
  /**
   * Asked for every object the codec does not know.
   * @type {null | ((object: object, context: object | null) => number)} index of a port, or -1
   */
  port: null,
  /** @type {null | ((index: number) => object | undefined)} */
  takePort: null,
  /** @type {null | ((buffer: ArrayBuffer, offset: number, length: number) => number)} block index */
  stageBytes: null,
  /** @type {null | ((string: string, oneByte: boolean) => number)} block index */
  stageString: null,
  /** @type {null | ((index: number) => ArrayBuffer | undefined)} */
  takeBlock: null,
  /** @type {null | ((index: number, oneByte: boolean) => string | undefined)} */
  takeString: null,
  /** Memory for a copy that is made for a message: a Uint8Array on an ArrayBuffer of its own. */
  allocate: Buffer.allocUnsafeSlow,
  /** A foreign value is a copy made for this message: it is to be transferred. */
  copied() {},
  /** Whether the receiver would rather have very large data as blocks. */
  views: () => false,
  /** The outermost encoding has failed: its blocks are not needed. */
  unstage() {},
};

module.exports = { hooks };
