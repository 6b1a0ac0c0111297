'use strict';

const http = require('node:http');

const filename = require.resolve('./task.js');

/** What hashes: a pool of ringport's, one of piscina's, or this thread. */
const makers = {
  ringport() {
    const { Pool } = require('ringport');
    const pool = new Pool({ filename });

    return (password) => pool.run(password);
  },
  piscina() {
    const { Piscina } = require('piscina');
    const pool = new Piscina({ filename });

    return (password) => pool.run(password);
  },
  none: () => require(filename),
};

const hash = makers[process.argv[2] ?? 'ringport']();

const server = http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');

  if (pathname === '/hash') response.end(await hash(searchParams.get('password') ?? ''));
  else response.end('ok\n');
});

server.listen(process.argv[3] ?? 3000, 'localhost', () => {
  console.log(`http://localhost:${server.address().port}/`);
});
