// npm leaves platform packages that the registry lacks out of the lockfile, and npm 11's `npm ci` then refuses it.
// Writes the missing entries in, by name and version alone. usage: node complete-lock.mjs [package-lock.json]
import { readFileSync, writeFileSync } from 'node:fs'

const path = process.argv[2] ?? 'package-lock.json',
  lock = JSON.parse(readFileSync(path, 'utf8')),
  p = lock.packages
let n = 0
for (const [key, v] of Object.entries(p))
  for (const [name, version] of Object.entries(v.optionalDependencies ?? {})) {
    if (!key || p[`node_modules/${name}`] || p[`${key}/node_modules/${name}`]) continue
    const m = /(android|darwin|freebsd|linux|openbsd|netbsd|sunos|aix|win32|openharmony|wasm32)[-.]?(\w+)?/.exec(name)
    p[`node_modules/${name}`] = {
      version,
      ...(m?.[2] && { cpu: [m[2]] }),
      ...(/musl/.test(name) && { libc: ['musl'] }),
      ...(v.dev && { dev: true }),
      optional: true,
      ...(m?.[1] && { os: [m[1]] }),
    }
    n++
  }
lock.packages = Object.fromEntries(Object.entries(p).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${n} platform packages added`)
