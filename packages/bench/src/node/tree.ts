import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Memory where there is some, so that no disk is measured. */
const place = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

/** Runs `work` with a folder that is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(place(), 'layerwright-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const names = (count: number, before: string, behind: string): string[] => Array.from({ length: count }, (_, i) => before + i + behind)

/**
 * A checkout as a build's context is one: a third in dependencies, a tenth in version control, a tenth in what builds leave behind, the rest
 * sources with tests, notes and logs among them. Files are empty.
 */
export function makeTree(root: string, files: number): void {
  let left = files
  const fill = (folder: string, wanted: readonly string[]) => {
    const made = wanted.slice(0, left)
    if (made.length === 0) return
    mkdirSync(join(root, folder), { recursive: true })
    for (const name of made) writeFileSync(join(root, folder, name), '')
    left -= made.length
  }
  fill('.', ['README.md', 'Dockerfile', '.dockerignore', '.env', '.env.example', 'package.json', 'npm-debug.log'])
  fill('docs', ['README.md', ...names(50, 'page', '.html')])
  for (let i = 0; left > (files * 2) / 3; i++) fill(`node_modules/package-${i}/lib`, names(20, 'module', '.js'))
  for (let i = 0; left > files * 0.57; i++) fill(`.git/objects/${i.toString(16).padStart(2, '0')}`, names(25, 'object', ''))
  for (let i = 0; left > files * 0.47; i++) fill(`apps/app-${i % 10}/dist/chunk-${i}`, names(20, 'chunk', '.js'))
  const mixed = [...names(18, 'part', '.ts'), ...names(6, 'part', '.test.ts'), 'README.md', 'debug.log', 'notes.tmp', 'part.js.map']
  for (let i = 0; left > 0; i++) fill(`packages/package-${i % 40}/src/area-${Math.floor(i / 40) % 40}/feature-${i}`, mixed)
}

/** What such a project writes into its ignore file: some cut off whole directories, some judge names, three bring something back. */
export const ignoreLines: readonly string[] = [
  ...['.git', '.github', '.gitignore', '.gitattributes', '.vscode', '.idea', 'Dockerfile*', 'docker-compose*.yml', '.dockerignore'],
  ...['**/node_modules', '**/dist', '**/build', '**/coverage', '**/.cache', '**/.turbo', '**/.next', '**/out', '**/.nyc_output'],
  ...['*.log', '**/*.log', '**/*.tmp', '**/*.swp', '**/.DS_Store', '**/Thumbs.db', '**/*.map', '**/*.pem', '**/*.key'],
  ...['**/*.test.ts', '**/*.spec.ts', '**/__tests__', '**/__snapshots__', '**/[Tt]est[Dd]ata', 'packages/*/fixtures', 'tmp', 'temp/**'],
  ...['docs', '!docs/README.md', '*.md', '!README.md', '.env*', '!.env.example'],
]
