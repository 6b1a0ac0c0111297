import ThreadStream = require('./thread-stream.js');

export default ThreadStream;
export { ThreadStream };
