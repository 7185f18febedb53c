/**
 * Programs of the tests as an ordinary user of this machine, from root. All of it lives in a mount namespace of its own, in which that user
 * has a name and, if wanted, subordinate ids: the machine's own account files stay as they are.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/repository.js'
import { bundle } from './bundle.js'

/** Nobody has it. */
const ID = 54321
const ACCOUNT_FILES = ['passwd', 'group', 'subuid', 'subgid']

/** A constant; `$1` is the scratch folder, `$2` the repository, `$3` Node. */
const SCRIPT = `
set -e
for file in ${ACCOUNT_FILES.join(' ')}; do
  if [ -e /etc/$file ]; then mount --bind "$1/etc/$file" /etc/$file; fi
done
mount --bind "$2" "$1/repository"
mount --bind "$3" "$1/node"
scratch=$1
shift 3
cd "$scratch"
exec setpriv --reuid=${ID} --regid=${ID} --clear-groups "$@"
`

export interface OrdinaryUser {
  /** A folder of that user. */
  readonly home: string
  /** Runs a program of `test/sandbox/` to its end; gives its status and what it said. */
  run(program: string, args: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }>
}

/** @param scratch a fresh folder, removed by the caller */
export async function ordinaryUser(scratch: string, { subordinates }: { readonly subordinates: boolean }): Promise<OrdinaryUser> {
  const home = join(scratch, 'home')
  for (const name of ['etc', 'home', 'repository']) mkdirSync(join(scratch, name))
  chmodSync(scratch, 0o755)
  chownSync(home, ID, ID)
  writeFileSync(join(scratch, 'node'), '')
  for (const name of ['passwd', 'group']) copyFileSync(join('/etc', name), join(scratch, 'etc', name))
  appendFileSync(join(scratch, 'etc/passwd'), `layerwright-test:x:${ID}:${ID}::${home}:/bin/sh\n`)
  for (const name of ['subuid', 'subgid']) writeFileSync(join(scratch, 'etc', name), subordinates ? 'layerwright-test:300000:65536\n' : '')
  return {
    home,
    async run(program, args) {
      const outfile = join(scratch, program.replace(/\.ts$/, '.mjs'))
      await bundle(program, outfile, join(scratch, 'repository'))
      const environment = [`HOME=${home}`, `PATH=${process.env.PATH}`]
      const command = ['env', '-i', ...environment, join(scratch, 'node'), outfile, ...args]
      const child = spawn(
        'unshare',
        ['--mount', '--propagation', 'private', 'sh', '-c', SCRIPT, 'as-user', scratch, root, process.execPath, ...command],
        {
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()))
      const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
      return { status, output }
    },
  }
}
