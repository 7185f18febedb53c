// Answers a row of lint.jsonl with the public API of @layerwright/dockerfile, in the row's own schema.
import { lintDockerfile, ResolveError } from '@layerwright/dockerfile'
import { dockerfileOf, optionsOf } from './convert.mjs'

/** Where the reference has its pages: ours are our own, so the address is translated by the rule's name. One rule has no page there. */
const pageOf = (rule) =>
  rule === 'InvalidBaseImagePlatform'
    ? ''
    : `https://docs.docker.com/go/dockerfile/rule/${rule.replace(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3-$2$4').toLowerCase()}/`

export async function answer(row) {
  try {
    const { warnings, error } = await lintDockerfile(dockerfileOf(row), { ...optionsOf(row), ownRules: false })
    return {
      warnings: warnings.map(({ rule, message, description, startLine, endLine }) => ({
        rule,
        message,
        description,
        url: pageOf(rule),
        line: startLine,
        endLine,
      })),
      error: error && {
        message: error.message,
        ...(error.locations.length > 0
          ? {
              line: Math.min(...error.locations.map(({ startLine }) => startLine)),
              endLine: Math.max(...error.locations.map(({ endLine }) => endLine)),
            }
          : {}),
      },
    }
  } catch (error) {
    if (error instanceof ResolveError && error.code === 'BAD_CHECK_ARGUMENT') return { setupError: error.message }
    throw error
  }
}
