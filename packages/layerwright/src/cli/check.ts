/** Lint of a Dockerfile in its context: what `lint` and `build --check` do. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type BaseImage,
  formatExcerpt,
  type ImageConfig,
  type ImageRunConfig,
  type LintOptions,
  type LintResult,
  lintDockerfile,
  toSarif,
} from '@layerwright/dockerfile'
import { type IgnorePattern, ignoreFileCandidates, parseIgnoreFile } from '@layerwright/dockerignore'
import { findImage, type StoredImage } from '@layerwright/image'
import type { FoundDockerfile } from './dockerfile.js'
import { ImageMissingError } from './errors.js'
import { findIgnoreFiles, unreadMessage } from './ignore-files.js'
import { printJson } from './output.js'
import { paint } from './paint.js'
import { type GlobalOptions, openUserStore, storeDir } from './store.js'

export type CheckFormat = 'text' | 'json' | 'sarif'

export interface CheckFlags extends GlobalOptions {
  readonly format: CheckFormat
  readonly target?: string | undefined
  readonly buildArgs: ReadonlyMap<string, string>
  /** Names that `--build-context` gives. */
  readonly contexts: ReadonlySet<string>
  /** Our own rules too. */
  readonly ownRules: boolean
}

/** Runs the rules and prints what they found. Gives the exit status: 1 for a Dockerfile that can't be built, or that counts findings as errors. */
export async function check(found: FoundDockerfile, flags: CheckFlags): Promise<number> {
  const patterns = readIgnorePatterns(found)
  const result = await lint(found, flags, {
    buildArgs: flags.buildArgs,
    contexts: flags.contexts,
    ignorePatterns: patterns.map(({ text }) => text),
    ownRules: flags.ownRules,
    ...(flags.target === undefined ? {} : { target: flags.target }),
  })
  const unread = unreadMessage(found.folder, found.path, findIgnoreFiles(found.folder, patterns))
  if (flags.format === 'sarif') printJson(toSarif([{ path: found.shown, result }]))
  else if (flags.format === 'json') printJson({ version: 1, file: found.shown, ...result })
  else printText(found, result)
  if (unread !== undefined) console.error(`${paint.yellow('NOTE')} ${unread}`)
  return result.error ? 1 : 0
}

/** The patterns of the ignore file that counts; none where there is no such file. @throws IgnoreFileError */
function readIgnorePatterns({ folder, path }: FoundDockerfile): readonly IgnorePattern[] {
  const file = ignoreFileCandidates(path).find((candidate) => existsSync(join(folder, candidate)))
  return file === undefined ? [] : parseIgnoreFile(readFileSync(join(folder, file))).patterns
}

/** Rules that need the config of a base image run where all of them are in the store; nothing is fetched for a lint. */
async function lint({ bytes }: FoundDockerfile, flags: CheckFlags, options: LintOptions): Promise<LintResult> {
  let missing = false
  const store = existsSync(storeDir(flags)) ? await openUserStore(flags) : undefined
  const base = async (reference: string, _platform: unknown, context: boolean): Promise<BaseImage> => {
    const image = context || !store ? undefined : await findImage(store, reference)
    if (image) return { id: reference, config: configOf(image.config) }
    missing = true
    // ends this lint; the next one does without
    throw new ImageMissingError(reference)
  }
  const result = await lintDockerfile(bytes, { ...options, base })
  return missing ? lintDockerfile(bytes, options) : result
}

function configOf({ history, rootfs, config, ...rest }: StoredImage['config']): ImageConfig {
  return {
    ...rest,
    config: { ...config } as ImageRunConfig,
    rootfs: { type: 'layers', diff_ids: [...rootfs.diff_ids] },
    ...(history ? { history: [...history] } : {}),
  }
}

function printText({ shown, bytes }: FoundDockerfile, { warnings, error }: LintResult): void {
  for (const { rule, message, url, startLine, endLine } of warnings) {
    console.log(`${shown}:${startLine}: ${paint.yellow('warning:')} ${message} ${paint.dim(`[${rule}]`)}`)
    console.log(formatExcerpt(bytes, { locations: [{ startLine, endLine }] }))
    console.log(paint.dim(`${url}\n`))
  }
  if (error) {
    const [location] = error.locations
    console.log(
      `${location ? `${shown}:${location.startLine}` : shown}: ${paint.red('error:')} ${error.message} ${paint.dim(`[${error.code}]`)}`,
    )
    if (location && error.code !== 'LINT_VIOLATION') console.log(formatExcerpt(bytes, error))
    console.log(`${paint.cyan('next:')} ${error.hint}\n`)
  }
  const count = warnings.length === 1 ? '1 warning' : `${warnings.length || 'no'} warnings`
  console.log(error ? `${count}, ${paint.red('1 error')}` : count)
}
