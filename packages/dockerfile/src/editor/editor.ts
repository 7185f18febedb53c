import type { Instruction } from 'dockerfile-ast'
import { parseAst } from './ast.js'
import { completionsFor } from './completion.js'
import { Scope, type Variables } from './scope.js'
import type { Completion, EditorDocument, EditorInstruction, EditorPosition, EditorRange } from './types.js'

/**
 * Opens a text for an editor. It never throws: while a Dockerfile is being written it is broken most of the time.
 * What a build makes of the text is told by `parseDockerfile`, not by this.
 */
export function openEditor(text: string): EditorDocument {
  const ast = parseAst(text)
  const lines = text.split('\n')
  const scope = new Scope()
  const instructions = ast.getInstructions().map((instruction) => {
    const read = readInstruction(instruction, scope.visibleTo(instruction.getKeyword()))
    scope.pass(instruction)
    return read
  })
  const instructionAt = (position: EditorPosition) => instructions.find(({ range }) => contains(range, position))
  const variablesAt = (line: number): string[] => {
    const above = new Scope()
    for (const instruction of ast.getInstructions()) {
      const { start, end } = instruction.getRange()
      if (end.line >= line) return [...above.visibleTo(start.line <= line ? instruction.getKeyword() : undefined).keys()]
      above.pass(instruction)
    }
    return [...above.visibleTo(undefined).keys()]
  }
  const stagesAbove = (line: number) =>
    ast.getFROMs().flatMap((from) => (from.getRange().end.line < line ? (from.getBuildStage() ?? []) : []))
  return {
    instructions,
    instructionAt,
    variableAt: (position) => instructionAt(position)?.variables.find(({ range }) => contains(range, position)),
    variablesAt,
    complete: (position): readonly Completion[] =>
      completionsFor({
        position,
        before: (lines[position.line] ?? '').slice(0, position.character),
        instruction: instructionAt(position) ?? continuedAbove(instructions, lines, position),
        variables: variablesAt(position.line),
        stages: stagesAbove(position.line),
      }),
  }
}

/** In the blanks behind an instruction, or on a continuation line that is still empty, the instruction above is meant. */
function continuedAbove(instructions: readonly EditorInstruction[], lines: readonly string[], position: EditorPosition) {
  const above = instructions.findLast(({ range }) => range.start.line <= position.line)
  if (!above) return undefined
  if (above.range.end.line === position.line) return above
  const between = lines.slice(above.range.end.line, position.line)
  return between.length > 0 && between.every((line) => /[\\`]\s*$/.test(line)) ? above : undefined
}

function contains({ start, end }: EditorRange, { line, character }: EditorPosition): boolean {
  if (line < start.line || line > end.line) return false
  return (line > start.line || character >= start.character) && (line < end.line || character <= end.character)
}

function readInstruction(instruction: Instruction, visible: Variables): EditorInstruction {
  return {
    keyword: instruction.getKeyword(),
    keywordRange: instruction.getInstructionRange(),
    range: instruction.getRange(),
    arguments: instruction.getArguments().map((argument) => ({ text: argument.getValue(), range: argument.getRange() })),
    variables: instruction.getVariables().map((variable) => ({
      name: variable.getName(),
      range: variable.getRange(),
      nameRange: variable.getNameRange(),
      modifier: variable.getModifier() ?? '',
      defined: visible.has(variable.getName()),
      value: visible.get(variable.getName()),
    })),
  }
}
