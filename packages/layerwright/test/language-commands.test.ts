/** Commands on a Dockerfile as a text: lint, build --check, fmt, outline, targets; and the lines that errors of a build are about. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine, listing, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
let count = 0

/** A folder with these files, in which the command line runs; the store is elsewhere and not there yet. */
function setUp(files: Record<string, string>) {
  const folder = join(scratch, String(++count))
  const store = join(folder, 'store')
  const context = join(folder, 'context')
  mkdirSync(context, { recursive: true })
  writeFiles(context, files)
  return { context, store, run: commandLine(store, context) }
}

const warned = 'FROM scratch AS Base\nCOPY a.txt /\n'

describe('layerwright lint', () => {
  it('shows each finding with its lines and its page, and ends well', async () => {
    const { run, store } = setUp({ Dockerfile: warned })
    const { status, stdout, stderr } = await run(['lint'])
    expect(stdout).toContain("Dockerfile:1: warning: Stage name 'Base' should be lowercase [StageNameCasing]")
    expect(stdout).toContain('> 1 | FROM scratch AS Base\n    | ^^^^^^^^^^^^^^^^^^^^\n')
    expect(stdout).toContain('docs/rules/StageNameCasing.md')
    expect(stdout).toMatch(/\n1 warning\n$/)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(listing(store)).toEqual([])
  })

  it('fails where the Dockerfile counts warnings as errors, and where it can not be built', async () => {
    const { run } = setUp({ Dockerfile: `# check=error=true\n${warned}`, 'bad.Dockerfile': 'FROM scratch\nCOPY --form=a b /\n' })
    const counted = await run(['lint'])
    expect(counted.stdout).toContain('lint violation found for rules: StageNameCasing [LINT_VIOLATION]')
    expect(counted.status).toBe(1)
    const bad = await run(['lint', 'bad.Dockerfile'])
    expect(bad.stdout).toContain('bad.Dockerfile:2: error: dockerfile parse error on line 2: unknown flag: --form (did you mean from?)')
    expect(bad.stdout).toContain('> 2 | COPY --form=a b /\n    |      ^^^^^^\n')
    expect(bad.stdout).toMatch(/next: .*--from/)
    expect(bad.status).toBe(1)
  })

  it('writes JSON and SARIF', async () => {
    const { run } = setUp({ Dockerfile: warned })
    const { version, file, warnings } = JSON.parse((await run(['lint', '--format', 'json'])).stdout)
    expect([version, file, warnings.length]).toEqual([1, 'Dockerfile', 1])
    expect(warnings[0]).toMatchObject({ rule: 'StageNameCasing', startLine: 1, endLine: 1 })
    const sarif = JSON.parse((await run(['lint', '--format', 'sarif'])).stdout)
    expect(sarif).toMatchObject({ version: '2.1.0', runs: [{ results: [{ ruleId: 'StageNameCasing', ruleIndex: 0, level: 'warning' }] }] })
  })

  it('knows the ignore file, and says which one nobody reads', async () => {
    const { run } = setUp({
      Dockerfile: 'FROM scratch\nCOPY a.txt /\n',
      '.dockerignore': '*.txt\nout\n',
      'a.txt': '',
      'sub/.dockerignore': 'x',
      'other.Dockerfile': '',
      'other.Dockerfile.dockerignore': 'x',
      'out/.dockerignore': 'x',
    })
    const { stdout, stderr } = await run(['lint'])
    expect(stdout).toContain('[CopyIgnoredFile]')
    expect(stderr).toContain('no rule reads sub/.dockerignore: ')
  })

  it('has rules of its own, which can be left out', async () => {
    const { run } = setUp({ Dockerfile: 'FROM node\nCOPY . .\nRUN npm ci\n' })
    expect((await run(['lint'])).stdout).toContain('[CopyBeforeInstall]')
    expect((await run(['lint', '--rules', 'reference'])).stdout).toBe('no warnings\n')
  })

  it('knows variables of base images that are in the store', async () => {
    const { run, context } = setUp({ Dockerfile: 'FROM base\nENV A=$KNOWN B=$UNKNOWN\n' })
    expect((await run(['lint'])).stdout).toBe('no warnings\n')
    writeFiles(context, { 'base/Dockerfile': 'FROM scratch\nENV KNOWN=1\n' })
    expect((await run(['build', '-q', '-t', 'base', 'base'])).status).toBe(0)
    const { stdout } = await run(['lint'])
    expect(stdout).toContain("Usage of undefined variable '$UNKNOWN'")
    expect(stdout).toMatch(/\n1 warning\n$/)
  })

  it('says what is wrong with what it was given', async () => {
    const { run } = setUp({ Dockerfile: warned })
    for (const args of [
      ['lint', 'nowhere'],
      ['lint', '-f', 'nothing'],
      ['lint', 'Dockerfile', '-f', 'Dockerfile'],
    ]) {
      const { status, stderr } = await run(args)
      expect(stderr).toContain('[USAGE]')
      expect(status).toBe(1)
    }
  })
})

describe('layerwright build', () => {
  it('only looks for mistakes with --check', async () => {
    const { run, store } = setUp({ Dockerfile: warned })
    const { status, stdout } = await run(['build', '--check', '.'])
    expect(stdout).toContain('[StageNameCasing]')
    expect(status).toBe(0)
    expect(listing(store)).toEqual([])
  })

  it.each([
    ['of the text', 'FROM scratch\nCOPY --chwon=1 a.txt /\n', '    |      ^^^^^^^'],
    ['of a word', 'FROM scratch\nENV A=\x24{B:?no}\n', '    |       ^^^^^^^'],
    ['of the stages', 'FROM scratch AS a\nCOPY --from=a / /\n', '    | ^^^^'],
    ['of a step', 'FROM scratch\nCOPY nowhere /\n', '    | ^^^^'],
    ['of what it may not do', 'FROM scratch\nRUN --network=host x\n', '    | ^^^^'],
  ])('shows the lines that an error %s is about', async (_, Dockerfile, carets) => {
    const { run } = setUp({ Dockerfile, 'a.txt': '' })
    const { status, stderr } = await run(['build', '.'])
    expect(stderr).toContain(`> 2 | ${Dockerfile.split('\n')[1]}\n${carets}`)
    expect(stderr).toMatch(/\nerror: .* \[[A-Z_]+\]\nnext: /)
    expect(status).toBe(1)
  })

  it('shows the warnings that ended it', async () => {
    const { run } = setUp({ Dockerfile: `# check=error=true\n${warned}` })
    const { status, stderr } = await run(['build', '.'])
    expect(stderr).toContain("WARN StageNameCasing: Stage name 'Base' should be lowercase (line 2)")
    expect(stderr).toContain('[LINT_VIOLATION]')
    expect(status).toBe(1)
  })

  it('tells of an ignore file that nobody reads', async () => {
    const { run } = setUp({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'src/.dockerignore': 'x' })
    const { status, stderr } = await run(['build', '.'])
    expect(stderr).toContain('NOTE no rule reads src/.dockerignore: ')
    expect(status).toBe(0)
  })
})

describe('layerwright build --gitignore', () => {
  it('leaves out what either kind of ignore file does', async () => {
    const { run, context } = setUp({
      Dockerfile: 'FROM scratch\nCOPY . /\n',
      '.dockerignore': 'Dockerfile\n.*ignore\nb.txt\n',
      '.gitignore': '*.log\n/out/\n',
      'a.txt': '',
      'b.txt': '',
      'a.log': '',
      'sub/a.log': '',
      'out/x': '',
      'lib/.gitignore': '!a.log\n',
      'lib/a.log': '',
    })
    const root = join(context, '..', 'root')
    expect((await run(['build', '--gitignore', '-o', root, '.'])).status).toBe(0)
    expect(listing(root).map((file) => file.slice(root.length + 1))).toEqual(['a.txt', 'lib/.gitignore', 'lib/a.log'])
  })
})

describe('layerwright fmt', () => {
  const written = 'from scratch\ncopy a \\\n b /\n'
  const formatted = 'FROM scratch\nCOPY a \\\n    b /\n'

  it('prints, checks and writes', async () => {
    const { run, context } = setUp({ Dockerfile: written, good: formatted })
    const text = () => readFileSync(join(context, 'Dockerfile'), 'utf8')
    expect(await run(['fmt', 'Dockerfile'])).toEqual({ status: 0, stdout: formatted, stderr: '' })
    expect(await run(['fmt', '--check', 'Dockerfile', 'good'])).toEqual({ status: 1, stdout: 'Dockerfile\n', stderr: '' })
    expect(text()).toBe(written)
    expect(await run(['fmt', '--write', 'Dockerfile', 'good'])).toEqual({ status: 0, stdout: 'Dockerfile\n', stderr: '' })
    expect(text()).toBe(formatted)
    expect(await run(['fmt', '--check', 'Dockerfile'])).toEqual({ status: 0, stdout: '', stderr: '' })
    expect((await run(['fmt', '--keywords', 'lower', 'good'])).stdout).toBe('from scratch\ncopy a \\\n    b /\n')
  })

  it('leaves what it can not read as it is, and says where', async () => {
    const { run, context } = setUp({ Dockerfile: 'from scratch\nrun <<EOF\n' })
    const { status, stderr } = await run(['fmt', '--write', 'Dockerfile'])
    expect(stderr).toContain('> 2 | run <<EOF')
    expect(stderr).toContain('[UNTERMINATED_HEREDOC]')
    expect(status).toBe(1)
    expect(readFileSync(join(context, 'Dockerfile'), 'utf8')).toBe('from scratch\nrun <<EOF\n')
    expect((await run(['fmt', '--write', '--check', 'Dockerfile'])).stderr).toContain('[USAGE]')
  })
})

describe('layerwright outline and targets', () => {
  const Dockerfile = [
    '# build compiles',
    'FROM scratch AS build',
    '# MODE production or development',
    'ARG MODE=production',
    'RUN --mount=type=secret,id=token --mount=type=cache,target=/c x',
    'FROM build',
    '',
  ].join('\n')

  it('list what a target takes from outside', async () => {
    const { run, store } = setUp({ Dockerfile })
    const { status, stdout } = await run(['outline', '--target', 'build'])
    expect(status).toBe(0)
    expect(stdout).toContain('Target: build: compiles\n')
    expect(stdout).toMatch(/MODE +production +production +production or development +4\n/)
    expect(stdout).toMatch(/token +optional +5\n/)
    expect(stdout).toMatch(/\/c +\/c +5\n/)
    const outline = JSON.parse((await run(['outline', '--json', '--build-arg', 'MODE=development'])).stdout)
    expect(outline).toMatchObject({ version: 1, file: 'Dockerfile', stages: ['build', '1'] })
    expect(outline.args[0]).toMatchObject({ name: 'MODE', value: 'development', default: 'production' })
    expect(listing(store)).toEqual([])
  })

  it('list the stages', async () => {
    const { run } = setUp({ Dockerfile })
    const { stdout } = await run(['targets'])
    expect(stdout).toMatch(/build +scratch +2 +compiles\n/)
    expect(stdout).toMatch(/stage 1 \(default\) +build +6\n/)
    const { targets } = JSON.parse((await run(['targets', '--json', 'Dockerfile'])).stdout)
    expect(targets).toHaveLength(2)
  })

  it('show the lines that are wrong', async () => {
    const { run } = setUp({ Dockerfile: 'FROM scratch AS a\nFROM $NONE\n' })
    for (const command of ['outline', 'targets']) {
      const { status, stderr } = await run([command])
      expect(stderr).toContain('> 2 | FROM $NONE')
      expect(stderr).toContain('[BLANK_BASE]')
      expect(status).toBe(1)
    }
  })
})
