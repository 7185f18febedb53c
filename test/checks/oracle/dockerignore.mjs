// Answers a row of dockerignore.jsonl with the public API of @layerwright/dockerignore, in the row's own schema.
import { createMatcher, IgnoreFileError, keptPaths, parseIgnoreFile } from '@layerwright/dockerignore'

const fault = (error) => {
  if (!(error instanceof IgnoreFileError)) throw error
  return { phase: error.phase === 'match' ? 'compile' : error.phase, message: error.message }
}

export function answer(row) {
  const input = row.ignorefileBase64 === undefined ? row.ignorefile : new Uint8Array(Buffer.from(row.ignorefileBase64, 'base64'))
  const untested = row.paths.map(({ path, isDir }) => ({ path, isDir }))
  let file
  try {
    file = parseIgnoreFile(input)
  } catch (error) {
    return { paths: untested, error: fault(error) }
  }
  const patterns = file.patterns.map(({ text }) => text)
  try {
    createMatcher(file.patterns)
  } catch (error) {
    return { patterns, paths: untested, error: fault(error) }
  }
  const paths = row.paths.map(({ path, isDir }) => {
    try {
      return { path, isDir, ignored: createMatcher(file.patterns).ignores(path) }
    } catch (error) {
      return { path, isDir, ignored: null, error: fault(error).message }
    }
  })
  try {
    return { patterns, paths, transferred: keptPaths(file.patterns, row.paths) }
  } catch (error) {
    return { patterns, paths, walkError: `failed to match excludepatterns: ${fault(error).message}` }
  }
}
