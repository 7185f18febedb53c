import { type BuildOptions, type BuildResult, build, memoryContext } from '@layerwright/build'
import { simulatedShell } from '@layerwright/executor/shell'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { lookup, readAll, walk } from '@layerwright/vfs'

/** Builds files in memory; `Dockerfile` is one of them. */
export const buildFiles = (
  files: Record<string, string | { content: string; mode: number }>,
  options: Partial<BuildOptions> = {},
): Promise<BuildResult> => build({ context: memoryContext(files), store: memoryStore(), executor: simulatedShell(), ...options })

/** Paths of the merged tree. */
export const pathsOf = (result: BuildResult): string[] =>
  [...walk(layerSnapshot(result.image.unpacked))].map(({ path }) => path).filter((path) => path !== '' && path !== '/')

/** Text of a file of the merged tree. */
export async function textOf(result: BuildResult, path: string): Promise<string | undefined> {
  const inode = lookup(layerSnapshot(result.image.unpacked), path)
  return inode?.type === 'file' ? new TextDecoder().decode(await readAll(inode.content)) : undefined
}

/** `cached: COPY a /` and so on. */
export const outcomes = (result: BuildResult): string[] => result.steps.map(({ outcome, instruction }) => `${outcome}: ${instruction}`)

/** A base with a shell for the simulated executor: a stub of busybox and links to it. */
export const SHELL_BASE = {
  'rootfs/bin/busybox': { content: '\x7fELF stub', mode: 0o755 },
}

/** Dockerfile lines that make a root file system whose commands the simulated shell has. */
export const BASE_STAGE = `FROM scratch AS base
COPY rootfs/ /
COPY --chmod=755 rootfs/bin/busybox /bin/sh
COPY --chmod=755 rootfs/bin/busybox /bin/cat
COPY --chmod=755 rootfs/bin/busybox /bin/rm
COPY --chmod=755 rootfs/bin/busybox /bin/touch
COPY --chmod=755 rootfs/bin/busybox /bin/mkdir
COPY --chmod=755 rootfs/bin/busybox /bin/sleep
`
