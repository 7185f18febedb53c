/** Texts that hold what others wrote (names of files, lines of a Dockerfile), made fit for a terminal. */

/** Characters of a message that are shown: a command may have a hundred thousand. */
const SHOWN = 2000

/** Without control characters, which could move the cursor or change colours; the middle of a very long text is left out. Line ends and tabs stay. */
export function readable(text: string): string {
  const cut = text.length - SHOWN
  const shown = cut > 0 ? `${text.slice(0, SHOWN / 2)} … ${cut} characters … ${text.slice(-SHOWN / 2)}` : text
  return shown.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/g, symbol)
}

/** As `readable`, on one line. */
export const oneLine = (text: string): string => readable(text).replace(/[\t\n]/g, symbol)

function symbol(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd'
}
