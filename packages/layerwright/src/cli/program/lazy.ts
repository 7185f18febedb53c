/**
 * Makes an action that is loaded when its command is called. It gives the exit status; one that gives nothing ends with 0.
 */
export type Lazy = <Args extends unknown[]>(
  load: () => Promise<(...args: Args) => Promise<number> | Promise<void>>,
) => (...args: Args) => Promise<void>

/** For flags that may be repeated. */
export const collect = (value: string, all: string[]): string[] => [...all, value]

/** What --mirror takes, for the help of each command that has it. */
export const MIRROR_HELP =
  'HOST=MIRROR[,MIRROR]: hosts to read from before a registry itself; repeatable (else LAYERWRIGHT_MIRRORS, entries separated by spaces)'

/** What --format takes. */
export const FORMAT_HELP = '{{.Field}}, {{json .Field}}, {{index .Field "key"}} with text between them, or json'
/** What --format of a list takes. */
export const LIST_FORMAT_HELP = `${FORMAT_HELP}, or table TEMPLATE`
