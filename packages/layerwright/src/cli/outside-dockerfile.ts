/** A Dockerfile that lies outside of its context: the ignore file that counts lies beside it, as Docker has it, before the context's own `.dockerignore`. */
import { existsSync, readFileSync } from 'node:fs'
import type { BuildContext } from '@layerwright/build'

/** @param file path of the Dockerfile on this machine @param name what the build calls it */
export function withIgnoreFileBeside(context: BuildContext, file: string, name: string): BuildContext {
  const beside = `${file}.dockerignore`
  return {
    ...(context.id === undefined ? {} : { id: context.id }),
    async readFile(path) {
      if (path !== `${name}.dockerignore`) return context.readFile(path)
      return existsSync(beside) ? new Uint8Array(readFileSync(beside)) : undefined
    },
    snapshot: (request) => context.snapshot(request),
    done: async (notes) => context.done?.(notes),
  }
}
