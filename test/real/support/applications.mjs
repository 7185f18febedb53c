// @ts-check
/** The real applications: what each is built of, what an edit of its source must run again, and what its image prints. */
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Application
 * @property {string} name the folder below `apps`
 * @property {string} what in a few words
 * @property {readonly string[]} bases
 * @property {{ file: string, from: string, to: string, runs: readonly string[] }} edit one line of the source, and the instructions that depend on it
 * @property {readonly string[]} command what is run in the image; its own CMD where this is empty
 * @property {RegExp} prints what that must print
 * @property {boolean} npm needs the machine's settings of npm
 * @property {RegExp} [clock] paths of files in which a program of the build records the clock: no two builds have the same
 */

/** @param {string} name */
export const contextOf = (name) => fileURLToPath(new URL(`../apps/${name}`, import.meta.url))

/** @type {readonly Application[]} */
export const applications = [
  {
    name: 'web-service',
    what: 'a Node web service, its packages by `npm ci`',
    bases: ['node-base'],
    edit: { file: 'greeting.js', from: 'hello', to: 'good day', runs: ['COPY *.js ./'] },
    command: ['node', 'probe.js'],
    prints: /"greeting":"hello, probe","user":1000/,
    npm: true,
  },
  {
    name: 'site',
    what: 'a front end built by Vite, served by a second stage',
    bases: ['node-base', 'busybox-base'],
    edit: {
      file: 'src/title.js',
      from: 'One layer',
      to: 'One more layer',
      runs: ['COPY src src', 'RUN npm run build', 'COPY --from=build /app/dist /www'],
    },
    command: ['/bin/sh', '-c', 'httpd -p 127.0.0.1:$PORT -h /www && wget -qO- http://127.0.0.1:$PORT/'],
    prints: /<title>Layers<\/title>[\s\S]*\/assets\/index-[\w-]+\.js/,
    npm: true,
  },
  {
    name: 'debian-tools',
    what: 'packages of Debian by `apt-get install`',
    bases: ['debian-base'],
    edit: {
      file: 'count.sh',
      from: 'How many directories',
      to: 'How many folders',
      runs: ['COPY count.sh /usr/local/bin/count', 'RUN chmod 755 /usr/local/bin/count && count /etc > /etc-count.json'],
    },
    command: [],
    prints: /^\{"directories":\d+,"files":\d+\}/m,
    npm: false,
    clock: /^var\/(log\/|cache\/ldconfig\/aux-cache$)/,
  },
  {
    name: 'c-program',
    what: 'a C program compiled in one stage, alone in the image',
    bases: ['debian-base'],
    edit: {
      file: 'hello.c',
      from: 'hello from scratch',
      to: 'hello again from scratch',
      runs: ['COPY hello.c .', 'RUN gcc -O2 -static -o hello hello.c', 'COPY --from=build /src/hello /hello'],
    },
    command: [],
    prints: /^hello from scratch$/m,
    npm: false,
  },
]
