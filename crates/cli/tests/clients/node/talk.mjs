// How the tests speak with these programs: a JSON object on standard input, one on standard output. A secret is thus in
// no argument. Of an error the tests learn its class, and the code that its library gives it.

import { webcrypto } from 'node:crypto';
import { text } from 'node:stream/consumers';

// Node 18, which Debian 12 has, hides it behind an option, and libraries count on it: so this module is imported first.
globalThis.crypto ??= webcrypto;

/** Calls `work` with the object, and prints what it returns or throws; `code` finds the code of an error. */
export async function answer(work, code = (error) => error.code) {
  const task = JSON.parse(await text(process.stdin));
  let said;
  try {
    said = await work(task);
  } catch (error) {
    said = { error: error.constructor.name, code: await code(error) };
  }
  process.stdout.write(JSON.stringify(said));
}
