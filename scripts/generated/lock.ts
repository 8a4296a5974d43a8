/**
 * npm leaves platform packages that its registry lacks out of the lockfile, and `npm ci` then refuses it. The missing
 * entries are written in, by name and version alone.
 */
interface Entry {
  version?: string
  dev?: boolean
  optional?: boolean
  optionalDependencies?: Record<string, string>
  os?: string[]
  cpu?: string[]
  libc?: string[]
}

interface Lock {
  packages: Record<string, Entry>
}

const platform = /(android|darwin|freebsd|linux|openbsd|netbsd|sunos|aix|win32|openharmony|wasm32)[-.]?(\w+)?/

/** The text of package-lock.json with an entry for every optional package that an installed one names. */
export function completeLock(text: string): string {
  const lock: Lock = JSON.parse(text)
  const { packages } = lock
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    if (path === '') continue
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (packages[`node_modules/${name}`] || packages[`${path}/node_modules/${name}`]) continue
      const [, os, cpu] = platform.exec(name) ?? []
      packages[`node_modules/${name}`] = {
        version,
        ...(cpu && { cpu: [cpu] }),
        ...(name.includes('musl') && { libc: ['musl'] }),
        ...(dev && { dev }),
        optional: true,
        ...(os && { os: [os] }),
      }
    }
  }
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([one], [other]) => (one < other ? -1 : 1)))
  return `${JSON.stringify(lock, null, 2)}\n`
}
