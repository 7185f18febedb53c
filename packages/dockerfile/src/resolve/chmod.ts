import { fault } from './errors.js'

/** One clause of a symbolic mode: who, then operators with permissions or a class to copy from. */
const CLAUSE = /^[ugoa]*(?:[-+=][ugorwxXst]*)+$/

/**
 * Checks `--chmod`: octal up to 07777, or symbolic (`u=rwX,go=rX`).
 * @throws ResolutionFault `INVALID_CHMOD`
 */
export function checkChmod(text: string): void {
  const hint = 'write it in octal (0644) or in symbols (u=rwX,go=rX)'
  const octal = fault('INVALID_CHMOD', `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`, hint)
  if (/^[0-7]+$/.test(text)) {
    if (text.replace(/^0+/, '').length > 4) throw octal
    return
  }
  // What begins like a number is taken for one.
  if (/^[0-9]/.test(text)) throw octal
  if (!text.split(',').every((clause) => CLAUSE.test(clause))) throw fault('INVALID_CHMOD', 'invalid syntax', hint)
}
