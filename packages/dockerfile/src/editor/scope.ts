import { From, type Instruction, PropertyInstruction } from 'dockerfile-ast'

/** Names and default values; `undefined` for a name that is declared without one. */
export type Variables = ReadonlyMap<string, string | undefined>

/**
 * Follows the variables that ARG and ENV define, from instruction to instruction. A stage on top of another inherits its ENV; an ARG without
 * a value takes the one of an ARG above the first FROM.
 */
export class Scope {
  private readonly globals = new Map<string, string | undefined>()
  private readonly stages = new Map<string, Map<string, string>>()
  private current: Map<string, string | undefined> | undefined
  private environment = new Map<string, string>()

  /** What an instruction can use that stands here. FROM sees what is defined above the first one only. */
  visibleTo(keyword: string | undefined): Variables {
    return keyword === 'FROM' || !this.current ? this.globals : this.current
  }

  /** Takes up what an instruction defines. */
  pass(instruction: Instruction): void {
    if (instruction instanceof From) {
      this.environment = new Map(this.stages.get(instruction.getImageName()?.toLowerCase() ?? ''))
      this.current = new Map(this.environment)
      const name = instruction.getBuildStage()?.toLowerCase()
      if (name) this.stages.set(name, this.environment)
      return
    }
    const keyword = instruction.getKeyword()
    if (!(instruction instanceof PropertyInstruction) || (keyword !== 'ARG' && keyword !== 'ENV')) return
    for (const property of instruction.getProperties()) {
      const name = property.getName()
      const value = property.getValue() ?? undefined
      if (keyword === 'ENV') this.environment.set(name, value ?? '')
      if (!this.current) this.globals.set(name, value)
      else if (keyword === 'ENV' || !this.environment.has(name)) this.current.set(name, value ?? this.globals.get(name))
    }
  }
}
