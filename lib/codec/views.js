'use strict';

/** The classes of views. The index is part of the format: append only. */
const VIEW_TYPES = [
  DataView, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array,
  Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
];
if (typeof Float16Array === 'function') VIEW_TYPES.push(Float16Array);

/** Index by class name. */
const VIEW_INDEX = new Map(VIEW_TYPES.map((type, index) => [type.name, index]));

module.exports = { VIEW_TYPES, VIEW_INDEX };
