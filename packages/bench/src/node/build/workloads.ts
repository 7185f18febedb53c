/** The workloads of `bench build`, made from nothing but their name: the same bytes on every machine. */
import { closeSync, mkdirSync, openSync, readdirSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Writes a file of the workload: path, and its text or its bytes. */
type Put = (path: string, data: string | Uint8Array) => void

export interface Workload {
  readonly name: string
  /** What it is, for the report. */
  readonly about: string
  /** @param scale 1 for the real size; tests take less */
  write(dir: string, scale: number): void
  /** A file whose change is the smallest edit. */
  readonly edited: string
}

const MIB = 1024 * 1024

const workload = (name: string, about: string, edited: string, fill: (put: Put, scale: number) => void): Workload => ({
  name,
  about,
  edited,
  write(dir, scale) {
    const made = new Set<string>()
    fill((path, data) => {
      const place = join(dir, path)
      const folder = dirname(place)
      if (!made.has(folder)) mkdirSync(folder, { recursive: true })
      made.add(folder)
      writeFileSync(place, data)
    }, scale)
  },
})

/** Letters, different for every file, as quick to make as to write. */
function* texts(): Generator<(bytes: number) => Uint8Array> {
  const pool = new Uint8Array(MIB)
  let state = 1
  for (let i = 0; i < pool.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    pool[i] = 97 + ((state >> 16) % 26)
  }
  for (let at = 0; ; at = (at + 4099) % (pool.length / 2)) yield (bytes) => pool.subarray(at, at + bytes)
}

function deep(instructions: number): Workload {
  return workload(`deep-${instructions}`, `${instructions} instructions, two thirds of them layers`, 'f0', (put, scale) => {
    const count = Math.max(3, Math.round(instructions * scale))
    const lines = Array.from({ length: count }, (_, i) => (i % 3 === 2 ? `ENV V${i}=${i}` : `COPY f${i} /d${i}/`))
    put('Dockerfile', `FROM scratch\n${lines.join('\n')}\n`)
    for (let i = 0; i < count; i++) if (i % 3 !== 2) put(`f${i}`, `x${i}`)
  })
}

export const workloads: readonly Workload[] = [
  workload('tiny', 'five instructions, two files', 'a.txt', (put) => {
    put('Dockerfile', 'FROM scratch\nWORKDIR /app\nCOPY a.txt .\nCOPY b.txt .\nENV A=1\nCMD ["/app"]\n')
    put('a.txt', 'a')
    put('b.txt', 'b')
  }),
  workload('no-run', '30,000 files, 154 MB, three COPY', 'src/p0/f0.js', (put, scale) => {
    put('Dockerfile', 'FROM scratch\nCOPY package.json /app/\nCOPY node_modules /app/node_modules\nCOPY src /app/src\n')
    put('package.json', '{}')
    const text = texts()
    const count = Math.round(30_000 * scale)
    for (let i = 0; i < count; i++) {
      const [top, n] = i < count / 10 ? ['src', i] : ['node_modules', i]
      put(`${top}/p${Math.floor(n / 25)}/f${n}.js`, text.next().value!(1000 + ((i * 7919) % 8270)))
    }
  }),
  workload('ignore-heavy', '60,000 files, 41 patterns, 4,000 files left', 'src/p2240/f56000.js', (put, scale) => {
    put('Dockerfile', 'FROM scratch\nCOPY . /app\n')
    const known = ['node_modules', '.git', '**/*.log', 'dist', 'build', 'coverage', '**/__pycache__', '*.md', '!README.md', 'tmp', '.cache']
    const patterns = [...known, ...Array.from({ length: 41 - known.length }, (_, i) => `generated-${i}/**/*.x${i}`)]
    put('.dockerignore', `${patterns.join('\n')}\n`)
    const text = texts()
    const count = Math.round(60_000 * scale)
    for (let i = 0; i < count; i++) {
      const share = i / count
      const top = share < 0.66 ? 'node_modules' : share < 0.87 ? '.git/objects' : share < 56 / 60 ? 'dist' : 'src'
      put(`${top}/p${Math.floor(i / 25)}/f${i}.js`, text.next().value!(200))
    }
    put('src/p2240/f56000.js', 'edited')
  }),
  deep(60),
  deep(120),
  {
    name: 'big-blob',
    about: 'one file of 1 GiB',
    edited: 'Dockerfile',
    write(dir, scale) {
      mkdirSync(dir, { recursive: true })
      writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY big /\n')
      const fd = openSync(join(dir, 'big'), 'w')
      try {
        // In pieces: a file this large is not made in memory.
        const piece = new Uint8Array(texts().next().value!(MIB / 2))
        for (let i = 0; i < 2048 * scale; i++) {
          new DataView(piece.buffer).setUint32(0, i)
          writeSync(fd, piece)
        }
      } finally {
        closeSync(fd)
      }
    },
  },
]

/** As `touch` of everything: other times, the same bytes. */
export function touch(dir: string): void {
  const now = Date.now() / 1000
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) utimesSync(join(entry.parentPath, entry.name), now, now)
}
