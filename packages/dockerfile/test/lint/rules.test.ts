import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LintOptions, lintDockerfile, lintRules } from '@layerwright/dockerfile'
import { describe, expect, it } from 'vitest'
import { imageOf, PATH } from '../resolve/support.js'

const base: NonNullable<LintOptions['base']> = async (reference, platform) =>
  imageOf(reference, reference.includes('armonly') ? { os: 'linux', architecture: 'arm64' } : platform, { Env: [PATH], Cmd: ['/bin/sh'] })

/** `Rule@line` of every finding. */
async function found(text: string, options: LintOptions = {}): Promise<string[]> {
  const { warnings } = await lintDockerfile(text, { base, ownRules: false, ...options })
  return warnings.map(({ rule, startLine }) => `${rule}@${startLine}`)
}

const messages = async (text: string, options: LintOptions = {}) =>
  (await lintDockerfile(text, { base, ownRules: false, ...options })).warnings.map(({ message }) => message)

describe('every rule has a page of its own', () => {
  const pages = join(import.meta.dirname, '../../../../docs/rules')
  it.each([...lintRules.values()])('$name', ({ name, url, description }) => {
    expect(url.endsWith(`/${name}.md`)).toBe(true)
    expect(existsSync(join(pages, `${name}.md`))).toBe(true)
    expect(readFileSync(join(pages, `${name}.md`), 'utf8')).toMatch(new RegExp(`^# ${name}\n`))
    expect(description).not.toBe('')
  })
  it('counts 22 of the reference and three of our own', () => {
    const own = [...lintRules.values()].filter((rule) => rule.own)
    expect([lintRules.size - own.length, own.map(({ name }) => name)]).toEqual([
      22,
      ['CopyBeforeInstall', 'CopyUpDoubling', 'LinkResetsParents'],
    ])
  })
})

describe('the rules of the reference', () => {
  it.each<[string, string, string[], LintOptions?]>([
    ['StageNameCasing', 'FROM scratch AS Build\n', ['StageNameCasing@1']],
    ['FromAsCasing', 'FROM scratch as build\n', ['FromAsCasing@1']],
    ['NoEmptyContinuation', 'FROM scratch\nCOPY a \\\n\n b\n', ['NoEmptyContinuation@4']],
    [
      'ConsistentInstructionCasing',
      'FROM scratch\nCopy a b\ncopy a b\nCOPY a b\n',
      ['ConsistentInstructionCasing@2', 'ConsistentInstructionCasing@3'],
    ],
    ['ConsistentInstructionCasing: a tie goes to upper case', 'FROM scratch\ncopy a b\n', ['ConsistentInstructionCasing@2']],
    ['ConsistentInstructionCasing: global arguments have no vote', 'arg A=1\narg B=1\nFROM scratch\n', []],
    ['DuplicateStageName', 'FROM scratch AS a\nFROM scratch AS a\n', ['DuplicateStageName@2']],
    ['ReservedStageName', 'FROM scratch AS context\n', ['ReservedStageName@1']],
    ['JSONArgsRecommended', 'FROM scratch\nCMD a\nENTRYPOINT a\n', ['JSONArgsRecommended@2', 'JSONArgsRecommended@3']],
    ['JSONArgsRecommended: not behind SHELL', 'FROM scratch\nSHELL ["a"]\nCMD a\n', []],
    ['MaintainerDeprecated', 'FROM scratch\nMAINTAINER me\n', ['MaintainerDeprecated@2']],
    ['UndefinedArgInFrom', 'ARG VERSION=1\nFROM alpine:a$VERSON\n', ['UndefinedArgInFrom@2']],
    ['WorkdirRelativePath: only the first', 'FROM scratch\nWORKDIR a\nWORKDIR b\n', ['WorkdirRelativePath@2']],
    ['WorkdirRelativePath: a parent stage counts', 'FROM scratch AS a\nWORKDIR /x\nFROM a\nWORKDIR b\n', []],
    ['UndefinedVar', 'FROM scratch\nARG A\nCOPY $A $B /\nRUN $C\nEXPOSE $D\n', ['UndefinedVar@3']],
    ['MultipleInstructionsDisallowed names the earlier one', 'FROM scratch\nCMD ["a"]\nCMD ["b"]\n', ['MultipleInstructionsDisallowed@2']],
    ['LegacyKeyValueFormat', 'FROM scratch\nENV a b\nLABEL c d\n', ['LegacyKeyValueFormat@2', 'LegacyKeyValueFormat@3']],
    ['InvalidBaseImagePlatform', 'FROM armonly\n', ['InvalidBaseImagePlatform@1']],
    ['RedundantTargetPlatform', 'FROM --platform=$TARGETPLATFORM alpine\n', ['RedundantTargetPlatform@1']],
    ['FromPlatformFlagConstDisallowed', 'FROM --platform=linux/arm64 alpine\n', ['FromPlatformFlagConstDisallowed@1']],
    ['FromPlatformFlagConstDisallowed: fine in a stage named so', 'FROM --platform=linux/arm64 alpine AS build-arm64\n', []],
    [
      'SecretsUsedInArgOrEnv',
      'FROM scratch\nARG API_KEY PUBLIC_KEY monkey\nENV auth=1\n',
      ['SecretsUsedInArgOrEnv@2', 'SecretsUsedInArgOrEnv@3'],
    ],
    ['InvalidDefaultArgInFrom', 'ARG V\nFROM alpine:$V\n', ['InvalidDefaultArgInFrom@2'], { buildArgs: new Map([['V', '3']]) }],
    [
      'CopyIgnoredFile',
      'FROM scratch\nCOPY secret/x a\nADD secret b\n',
      ['CopyIgnoredFile@2', 'CopyIgnoredFile@3'],
      { ignorePatterns: ['secret'] },
    ],
    ['CopyIgnoredFile: not where anything is brought back', 'FROM scratch\nCOPY secret a\n', [], { ignorePatterns: ['secret', '!x'] }],
    [
      'CopyIgnoredFile: not from another stage',
      'FROM scratch AS a\nFROM scratch\nCOPY --from=a secret a\n',
      [],
      { ignorePatterns: ['secret'] },
    ],
    [
      'CopyIgnoredFile: the root only where all of it is left out',
      'FROM scratch\nCOPY . /\n',
      ['CopyIgnoredFile@2'],
      { ignorePatterns: ['**'] },
    ],
    ['CopyIgnoredFile: the root is no file of one letter', 'FROM scratch\nCOPY . /\n', [], { ignorePatterns: ['?'] }],
    ['InvalidDefinitionDescription is experimental', 'FROM scratch\n# note\nARG a\n', []],
    ['InvalidDefinitionDescription', '# check=experimental=all\n\nFROM scratch\n# note\nARG a\n', ['InvalidDefinitionDescription@5']],
    ['ExposeProtoCasing', 'FROM scratch\nEXPOSE 80/TCP\n', ['ExposeProtoCasing@2']],
    ['ExposeInvalidFormat', 'FROM scratch\nEXPOSE 8080:80\n', ['ExposeInvalidFormat@2']],
  ])('%s', async (_, text, expected, options) => {
    expect(await found(text, options)).toEqual(expected)
  })

  it('suggests the nearest name, and reports each use', async () => {
    expect(await messages('FROM scratch\nENV NAME=1\nCOPY $NAEM $NAEM /\n')).toEqual([
      "Usage of undefined variable '$NAEM' (did you mean $NAME?)",
      "Usage of undefined variable '$NAEM' (did you mean $NAME?)",
    ])
  })
  it('looks at every stage without a target, at what it needs with one', async () => {
    const text = 'FROM scratch AS a\nCMD x\nFROM scratch AS b\nCMD x\n'
    expect(await found(text)).toEqual(['JSONArgsRecommended@2', 'JSONArgsRecommended@4'])
    expect(await found(text, { target: 'a' })).toEqual(['JSONArgsRecommended@2'])
  })
  it('finds a fault in a stage that a build would not touch', async () => {
    const { error } = await lintDockerfile('FROM scratch AS a\nEXPOSE x\nFROM scratch\n', { base })
    expect(error).toMatchObject({ code: 'BAD_PORT', locations: [{ startLine: 2, endLine: 2 }] })
  })
  it('keeps what it found before a fault', async () => {
    const { warnings, error } = await lintDockerfile('FROM scratch as a\nCMD x\nEXPOSE x\n', { base })
    expect(warnings.map(({ rule }) => rule)).toEqual(['FromAsCasing', 'JSONArgsRecommended'])
    expect(error?.message).toBe('invalid containerPort: x')
  })
  it('knows nothing of base images without a way to load them', async () => {
    expect((await lintDockerfile('FROM x\nRUN echo\nCOPY $FROM_BASE /\n')).warnings).toEqual([])
  })
})

describe('# check=', () => {
  it('skips rules, some or all', async () => {
    expect(await found('# check=skip=JSONArgsRecommended,FromAsCasing and words that say why\nFROM scratch as a\nCMD x\n')).toEqual([])
    expect(await found('# check=skip=all\nFROM scratch as A\nCMD x\n')).toEqual([])
  })
  it('changes one instruction from the comments above it', async () => {
    expect(await found('FROM scratch\n# check=skip=MaintainerDeprecated\nMAINTAINER a\nMAINTAINER b\n')).toEqual(['MaintainerDeprecated@4'])
    expect(await found('FROM scratch\n# check=nope\nCMD x\n')).toEqual(['JSONArgsRecommended@3'])
  })
  it('makes findings a failure', async () => {
    const { error } = await lintDockerfile('# check=error=true\nFROM scratch\nCMD x\nMAINTAINER a\n', { base })
    expect(error).toMatchObject({
      code: 'LINT_VIOLATION',
      message: 'lint violation found for rules: JSONArgsRecommended, MaintainerDeprecated',
    })
  })
  it('is replaced by the build argument, for the parser’s own rules too', async () => {
    const buildArgs = new Map([['BUILDKIT_DOCKERFILE_CHECK', 'skip=JSONArgsRecommended']])
    expect(await found('# check=skip=FromAsCasing\nFROM scratch as a\nCMD x\n', { buildArgs })).toEqual(['FromAsCasing@2'])
    await expect(lintDockerfile('FROM scratch\n', { buildArgs: new Map([['BUILDKIT_DOCKERFILE_CHECK', 'zzz']]) })).rejects.toMatchObject({
      code: 'BAD_CHECK_ARGUMENT',
      message: 'failed to parse build-arg:BUILDKIT_DOCKERFILE_CHECK: invalid check option "zzz"',
    })
  })
  it('is refused where it can’t be read', async () => {
    expect((await lintDockerfile('# check=bad\nFROM scratch\n', { base })).error).toMatchObject({
      message: 'failed to parse check options: invalid check option "bad"',
    })
  })
})

describe('our own rules', () => {
  const own = async (text: string) => found(text, { ownRules: true })
  it.each<[string, string, string[]]>([
    ['CopyBeforeInstall', 'FROM scratch\nCOPY . .\nRUN npm ci\n', ['CopyBeforeInstall@2']],
    [
      'CopyBeforeInstall: among other commands',
      'FROM scratch\nCOPY ./ /app/\nRUN set -e; cd /app && pip install --no-cache-dir -r requirements.txt\n',
      ['CopyBeforeInstall@2'],
    ],
    ['CopyBeforeInstall: files first is right', 'FROM scratch\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm run build\n', []],
    [
      'CopyBeforeInstall: a named package does not come from the context',
      'FROM scratch\nCOPY . .\nRUN npm install -g pnpm\nRUN pip install flask\n',
      [],
    ],
    ['CopyBeforeInstall: another stage', 'FROM scratch AS a\nFROM scratch\nCOPY --from=a . .\nRUN npm ci\n', []],
    ['CopyBeforeInstall: can be skipped', 'FROM scratch\n# check=skip=CopyBeforeInstall\nCOPY . .\nRUN npm ci\n', []],
    [
      'CopyUpDoubling',
      'FROM scratch\nRUN chown -R app /app\nRUN ["chmod", "-fR", "a+x", "/b"]\n',
      ['CopyUpDoubling@2', 'CopyUpDoubling@3'],
    ],
    ['CopyUpDoubling: with what makes the files', 'FROM scratch\nRUN npm ci && chown -R app /app\nRUN chown app /app\n', []],
    ['LinkResetsParents', 'FROM scratch\nRUN mkdir -p /srv/www && chmod 0700 /srv/www\nCOPY --link a /srv/www/\n', ['LinkResetsParents@3']],
    [
      'LinkResetsParents: a directory made by a user',
      'FROM scratch\nUSER app\nWORKDIR /home/app\nCOPY --link a x/\n',
      ['LinkResetsParents@4'],
    ],
    ['LinkResetsParents: with --chmod it is a plain copy', 'FROM scratch\nRUN chmod 0700 /srv\nCOPY --link --chmod=0644 a /srv/\n', []],
    ['LinkResetsParents: elsewhere', 'FROM scratch\nRUN chmod 0700 /srv\nCOPY --link a /usr/srv/\nCOPY a /srv/\n', []],
  ])('%s', async (_, text, expected) => {
    expect(await own(text)).toEqual(expected)
  })
  it('are off where only the reference’s are wanted', async () => expect(await found('FROM scratch\nCOPY . .\nRUN npm ci\n')).toEqual([]))
})
