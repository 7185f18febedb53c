import { TooManyLinksError } from './errors.js'
import { cleanPath, joinPath, parentOf } from './paths.js'

/** Links on the way to something, after which it goes round in circles. */
export const MAX_LINKS = 255

/**
 * Where a path of COPY or ADD really leads: every link on the way is followed inside the root, the last component too, and what does not exist is taken as written.
 * The target of a link is taken by its text, as the reference does: `gone/../file` is `file` beside the link, whatever `gone` is.
 * @param linkAt the target of the link at a path; undefined for everything else
 * @throws TooManyLinksError
 */
export function resolveLinks(path: string, linkAt: (path: string) => string | undefined): string {
  const todo = partsOf(cleanPath(path))
  let at = '/'
  let links = 0
  while (todo.length > 0) {
    const next = joinPath(at, todo.shift()!)
    const target = linkAt(next)
    if (target === undefined) at = next
    else {
      if (links++ === MAX_LINKS) throw new TooManyLinksError(path)
      // an absolute link starts again at the root: not a containment test
      todo.unshift(...partsOf(cleanPath(target.startsWith('/') ? target : `${parentOf(next)}/${target}`)))
      at = '/'
    }
  }
  return at
}

/** Of an absolute, clean path. */
const partsOf = (path: string): string[] => path.slice(1).split('/').filter(Boolean)
