/**
 * The ignore files that count for a Dockerfile, the first that exists wins alone: `<Dockerfile>.dockerignore` beside it, then
 * `.dockerignore` at the root of the context.
 * @param dockerfilePath relative to the context, `/` between its parts
 */
export function ignoreFileCandidates(dockerfilePath: string): readonly [beside: string, root: string] {
  return [`${dockerfilePath}.dockerignore`, '.dockerignore']
}

/**
 * Ignore files among `paths` that no rule reads for this Dockerfile: in a folder below, for a Dockerfile of another name, or behind
 * one that goes first. What a user wrote there has no effect, which is worth a warning.
 */
export function unreadIgnoreFiles(dockerfilePath: string, paths: Iterable<string>): string[] {
  const found = [...paths].filter((path) => path.endsWith('.dockerignore'))
  const read = ignoreFileCandidates(dockerfilePath).find((candidate) => found.includes(candidate))
  return found.filter((path) => path !== read)
}
