import { InstructionFault, type SyntaxErrorCode } from '../errors.js'

/** Faults that several instructions have in common, in the reference's words. */

export function fault(code: SyntaxErrorCode, message: string, hint: string, suggestion?: string): InstructionFault {
  return new InstructionFault(
    suggestion === undefined
      ? { code, message, hint }
      : { code, message: `${message} (did you mean ${suggestion}?)`, hint: `Did you mean \`${suggestion}\`? ${hint}`, suggestion },
  )
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
