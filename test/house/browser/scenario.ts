/** What the portable packages do without Node, small enough to compare whole: run in Node and in a browser, it must give the same. */
import { build, graphToMermaid, memoryContext } from '@layerwright/build'
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

/** One tar with a file in it, by gzip (in one member, and in two as estargz has them), bzip2 and xz. */
const ARCHIVES = {
  gz: 'H4sIAAAAAAAAA+3RMQ6DQAwEQGpecU9Ayvl4D30kpOTy/ziho6OApJhpVrILr+S+rvfhZFOaI76Z9plyN99qixrbvLUaQ5nOLvbxevblUcoVp/5Rz/+Pvy4BAAAAAAAAAADAYW84dJAoACgAAA==',
  members:
    'H4sIAAAAAAACAyvJz89hoDEwMDAwMDc1BdMGBgbotIGBgSmDgbmxiZmpiSlE3MzMxJRBwYCBDqC0uCSxSEGBYYSCkvz8HK4h6nYAFOZ4YLwCAAAfiwgAAAAAAAID7cEBAQAAAIIg/69uSEABAAAAAAAAAAD8GubZRStEJQAA',
  bz2: 'QlpoOTFBWSZTWYfWcVAAAHT7gMkQAAJAAE+AAARgBJ4ABAggAFCgAxGmmjQSRTJ6QMgxM90pohBE0IRwQau2iBDKHj13kImwWkDta062erymzwQr/Ax9jF85okg/F3JFOFCQh9ZxUA==',
  xz: '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AFxdADob7NgA3P0Uib6CCRarmLJbIbDObG7cB9TCSB4Kk7dWo87xU3kELRdkB/AMpouz+RWGnbOxNY+oDy2iHHcELKEPOd/Vb7KcqZ8WTdBm11LxV+SxMcy96nnl110AAOv7bG3hRibaAAF4gFAAAABB5M9escRn+wIAAAAABFla',
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

const ARCHIVE_FILES = {
  Dockerfile: `FROM scratch AS archives
ADD archive.gz /gz/
ADD archive.members /members/
ADD archive.bz2 /bz2/
ADD archive.xz /xz/
FROM archives AS web
ADD --checksum=sha256:1f2ec52b774368781bed1d1fb140a92e0eb6348090619c9291f9a5a3c8e8d151 https://example.com/file.txt /
`,
  ...Object.fromEntries(Object.entries(ARCHIVES).map(([name, text]) => [`archive.${name}`, bytesOf(text)])),
}

export async function scenario() {
  await ready()
  const bytes = new TextEncoder().encode('layers '.repeat(100_000))
  const { image, steps } = await build({ context: memoryContext(FILES), store: memoryStore() })
  const several = await build({
    context: memoryContext(ARCHIVE_FILES),
    store: memoryStore(),
    targets: ['archives', 'web'],
    platforms: ['linux/amd64', 'linux/arm64'],
    fetch: async () => new Response('foo bar\n'),
    clock: () => 0,
  })
  return {
    several: several.images.map(({ image }) => image.digest),
    // Of two platforms' equal steps either may be the one that runs.
    graph: graphToMermaid(several.graph).replace(/\((?:ran|cached), \d+ ms\)/g, ''),
    empty: sha256(''),
    whole: sha256(bytes),
    streamed: createHasher().update(bytes.subarray(0, 12_345)).update(bytes.subarray(12_345)).digest(),
    keywords: parseDockerfile(DOCKERFILE).nodes.map(({ keyword }) => keyword),
    diffIds: image.config.rootfs.diff_ids,
    digest: image.digest,
    outcomes: steps.map(({ outcome }) => outcome),
  }
}
