// Writes the built page to ../static, each file gzipped: the only form in which it is shipped.
import { readdirSync, readFileSync, rmSync, mkdirSync, writeFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync, constants } from 'node:zlib';
import { licenseTexts } from './licenses.js';

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, 'build');
const target = process.env.TRELLIS_GRAPHIQL_TARGET ?? join(here, '..', 'static');
const limit = 3_000_000;

writeFileSync(join(built, 'licenses.txt'), licenseTexts(here));
const files = readdirSync(built, { recursive: true })
  .map((name) => join(built, name))
  .filter((path) => statSync(path).isFile());

rmSync(target, { recursive: true, force: true });
let total = 0;
for (const path of files) {
  const packed = gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION });
  const destination = join(target, `${relative(built, path)}.gz`);
  mkdirSync(dirname(destination), { recursive: true });
  writeFileSync(destination, packed);
  total += packed.length;
}

console.log(`${files.length} files, ${total} bytes gzipped, in ${relative(process.cwd(), target)}`);
if (total > limit) {
  console.error(`The page may take ${limit} bytes in the repository.`);
  process.exit(1);
}
