/**
 * Makes static/vendor from node_modules: livekit-client as a browser wants it.
 *
 * The package's own module is 1.4 MB with all its comments. Minified and packed beforehand (the web server picks the
 * packed file by itself), a phone loads a tenth of it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { constants, brotliCompressSync, gzipSync } from 'node:zlib';
import { transformSync } from 'esbuild';

const root = new URL('../', import.meta.url);
const home = new URL('node_modules/livekit-client/', root);
const target = new URL('static/vendor/', root);

const { version, license } = JSON.parse(read('package.json'));
const { code } = transformSync(read('dist/livekit-client.esm.mjs'), {
  format: 'esm',
  minify: true,
  legalComments: 'eof',
  banner: `/*! livekit-client ${version} (c) LiveKit, Inc. ${license}, https://github.com/livekit/client-sdk-js */`,
});

mkdirSync(target, { recursive: true });
// The module last: where it is, all of it is.
put('livekit-client.esm.mjs.br', brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
put('livekit-client.esm.mjs.gz', gzipSync(code, { level: 9 }));
put('livekit-client.esm.mjs', code);

function read(path) {
  return readFileSync(new URL(path, home), 'utf8');
}

function put(name, content) {
  const fresh = new URL(`.${name}.${process.pid}`, target);
  writeFileSync(fresh, content);
  renameSync(fresh, new URL(name, target));
}
