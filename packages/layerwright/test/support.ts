import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

export const repository = join(dirname(fileURLToPath(import.meta.url)), '../../..')
/** The bundled command line, as users have it: `npm test` builds it first. */
export const cli = join(repository, 'packages/layerwright/dist/cli.cjs')

export interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A fresh folder that is gone after the tests of a file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'layerwright-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The command line with a store of its own. */
export function commandLine(store: string, cwd = repository) {
  return (args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> =>
    new Promise((done) => {
      const child = execFile(
        process.execPath,
        [cli, ...args],
        { cwd, env: { ...process.env, NO_COLOR: '1', LAYERWRIGHT_STORE: store, ...environment } },
        (error, stdout, stderr) => done({ status: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
      )
      child.stdin?.end()
    })
}

export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Every file below a folder, for comparing before and after. */
export const listing = (folder: string): string[] =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
