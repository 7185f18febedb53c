/** What the portable packages do without Node, small enough to compare whole: run in Node and in a browser, it must give the same. */
import { build, memoryContext } from '@layerwright/build'
import { createHasher, ready, sha256 } from '@layerwright/digest'
import { parseDockerfile } from '@layerwright/dockerfile'
import { memoryStore } from '@layerwright/store'

const DOCKERFILE = `# syntax=docker/dockerfile:1
FROM scratch AS files
ARG NAME=world
WORKDIR /srv/app
COPY --chmod=0640 <<hello.txt <<empty ./
hello $NAME
hello.txt
empty
COPY src ./src

FROM scratch
LABEL made.in=anywhere
COPY --from=files /srv/app/src /app
COPY --from=files --chown=7:8 /srv/app/hello.txt /hello.txt
CMD ["/app/main"]
`

const FILES = {
  Dockerfile: DOCKERFILE,
  '.dockerignore': 'src/*.log\n',
  'src/main': '#!/bin/sh\n',
  'src/ü/å.txt': 'bytes',
  'src/a.log': 'left out',
}

export async function scenario() {
  await ready()
  const bytes = new TextEncoder().encode('layers '.repeat(100_000))
  const { image, steps } = await build({ context: memoryContext(FILES), store: memoryStore() })
  return {
    empty: sha256(''),
    whole: sha256(bytes),
    streamed: createHasher().update(bytes.subarray(0, 12_345)).update(bytes.subarray(12_345)).digest(),
    keywords: parseDockerfile(DOCKERFILE).nodes.map(({ keyword }) => keyword),
    diffIds: image.config.rootfs.diff_ids,
    digest: image.digest,
    outcomes: steps.map(({ outcome }) => outcome),
  }
}
