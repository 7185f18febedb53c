import { InstructionFault, type SyntaxErrorCode } from '../errors.js'

/** Faults that several instructions have in common, in the reference's words. */

/** @param details the word meant, where a misspelling was recognized, and the text at fault as written */
export function fault(
  code: SyntaxErrorCode,
  message: string,
  hint: string,
  details: { suggestion?: string | undefined; focus?: string } = {},
): InstructionFault {
  const { suggestion, focus } = details
  const pointed = focus === undefined ? {} : { focus }
  if (suggestion === undefined) return new InstructionFault({ code, message, hint, ...pointed })
  const said = { message: `${message} (did you mean ${suggestion}?)`, hint: `Did you mean \`${suggestion}\`? ${hint}` }
  return new InstructionFault({ code, ...said, suggestion, ...pointed })
}

export function atLeastOneArgument(name: string): InstructionFault {
  return fault('MISSING_ARGUMENTS', `${name} requires at least one argument`, `Write what ${name} applies to behind it.`)
}

export function exactlyOneArgument(name: string): InstructionFault {
  return fault('MISSING_ARGUMENTS', `${name} requires exactly one argument`, `Write one value behind ${name}.`)
}

export function blankName(name: string): InstructionFault {
  return fault('BLANK_NAME', `${name} names can not be blank`, 'Write a name in front of the `=`.')
}
