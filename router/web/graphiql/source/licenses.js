// The licence texts of everything that is built into the page, by package.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One text, from the packages that the lock file calls neither optional nor for development. */
export function licenseTexts(folder) {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([place, entry]) => place && !entry.dev && !entry.optional && !entry.devOptional)
    .map(([place, entry]) => [place.split('node_modules/').at(-1), place, entry])
    .filter(([name]) => !name.startsWith('@types/'))
    .sort(([a, , x], [b, , y]) => compare(a, b) || compare(x.version, y.version))
    .map(([name, place, entry]) => section(name, entry, join(folder, place)))
    .filter((text, index, all) => text !== all[index - 1])
    .join('\n');
}

function section(name, { version, license }, place) {
  const file = existsSync(place) && readdirSync(place).sort().find((it) => /^licen[cs]e/i.test(it));
  const text = file ? readFileSync(join(place, file), 'utf8').trim() : '(no licence file)';
  return `== ${name} ${version}: ${license}\n\n${text}\n`;
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}
