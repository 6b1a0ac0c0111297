// The ES module entry of `ringport/thread-stream`.

import ThreadStream from './thread-stream.js';

export default ThreadStream;
export { ThreadStream };
