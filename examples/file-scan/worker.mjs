import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'ringport';

const pattern = new RegExp(workerData);

/** The hits of a file; none in a file that is not text. */
function* hitsIn(file) {
  const bytes = readFileSync(file);

  if (bytes.includes(0)) return;
  for (const [i, text] of bytes.toString().split('\n').entries()) {
    if (pattern.test(text)) yield { file, line: i + 1, text: text.trim().slice(0, 80) };
  }
}

parentPort.on('messages', (files) => {
  for (const file of files) {
    if (file === null) parentPort.close();
    else parentPort.postMessages(hitsIn(file));
  }
});
