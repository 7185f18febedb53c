import {
  type BaseImage,
  type ImageConfig,
  type ImageRunConfig,
  openDockerfile,
  type Platform,
  type ResolvedBuild,
  type ResolvedStage,
  type ResolvedStep,
  ResolveError,
  type ResolveOptions,
  resolveDockerfile,
} from '@layerwright/dockerfile'

export const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A base image with this config, for the platform asked for. */
export const imageOf = (reference: string, { os, architecture, variant }: Platform, config: ImageRunConfig): BaseImage => ({
  id: `id of ${reference}`,
  config: {
    os,
    architecture,
    ...(variant ? { variant } : {}),
    config,
    rootfs: { type: 'layers', diff_ids: ['sha256:1'] },
    history: [{ created_by: 'base' }],
  },
})

const LINUX: Platform = { os: 'linux', architecture: 'amd64' }

/** `platform: undefined` asks for none; without the key it is linux/amd64. */
export interface Options extends Partial<Omit<ResolveOptions, 'buildArgs' | 'contexts' | 'platform'>> {
  readonly args?: Readonly<Record<string, string>>
  readonly contexts?: readonly string[]
  readonly platform?: Platform | undefined
  /** Config of the base images. */
  readonly config?: ImageRunConfig
}

export async function resolve(text: string, given: Options = {}): Promise<ResolvedBuild> {
  const { args = {}, contexts = [], config = { Env: [PATH], Cmd: ['/bin/sh'] }, platform = LINUX, ...options } = given
  const asked = 'platform' in given && given.platform === undefined ? {} : { platform }
  const buildArgs = new Map(Object.entries(args))
  return resolveDockerfile(openDockerfile(text, { buildArgs }), {
    base: async (reference, platform) => imageOf(reference, platform, config),
    ...options,
    ...asked,
    buildArgs,
    contexts: new Set(contexts),
  })
}

export async function targetOf(text: string, options?: Options): Promise<ResolvedStage> {
  const build = await resolve(text, options)
  return build.stages.find(({ index }) => index === build.target)!
}

export const configOf = async (text: string, options?: Options): Promise<ImageRunConfig> => (await imageConfigOf(text, options)).config

export const imageConfigOf = async (text: string, options?: Options): Promise<ImageConfig> => (await targetOf(text, options)).image

/** The history lines that the Dockerfile itself adds. */
export async function historyOf(text: string, options?: Options): Promise<(string | undefined)[]> {
  const { history = [] } = await imageConfigOf(text, options)
  return history.filter(({ comment }) => comment === 'buildkit.dockerfile.v0').map(({ created_by }) => created_by)
}

export async function stepsOf(text: string, options?: Options): Promise<readonly ResolvedStep[]> {
  return (await targetOf(text, options)).steps
}

export async function runOf(text: string, options?: Options): Promise<Extract<ResolvedStep, { kind: 'run' }>> {
  const step = (await stepsOf(text, options)).find(({ kind }) => kind === 'run')
  if (step?.kind !== 'run') throw new TypeError('the Dockerfile has no RUN')
  return step
}

export async function copyOf(text: string, options?: Options): Promise<Extract<ResolvedStep, { kind: 'copy' | 'add' }>> {
  const step = (await stepsOf(text, options)).find(({ kind }) => kind === 'copy' || kind === 'add')
  if (step?.kind !== 'copy' && step?.kind !== 'add') throw new TypeError('the Dockerfile copies nothing')
  return step
}

/** The error that resolving throws, and nothing else may. */
export async function errorOf(text: string, options?: Options): Promise<ResolveError> {
  try {
    await resolve(text, options)
  } catch (error) {
    if (error instanceof ResolveError) return error
    throw error
  }
  throw new TypeError('it resolves')
}
