import { SIMULATED_COMMENT } from '@layerwright/build'
import type { Image } from '@layerwright/image'

/** An image that a simulated RUN had a part in is not to be taken for a real one by somebody else. */
export class SimulatedImageError extends Error {
  override readonly name = 'SimulatedImageError'
  readonly code = 'IMAGE_SIMULATED'
  readonly hint = 'build it with --executor linux where there is a sandbox, or push it as it is with --allow-simulated'
  constructor(image: string, instructions: readonly string[]) {
    super(
      `${image} has layers that a simulated shell made (${instructions.join('; ').slice(0, 300)}): others would take it for the real thing`,
    )
  }
}

/** @throws SimulatedImageError */
export function refuseSimulated(name: string, images: readonly Image[], allowed: boolean | undefined): void {
  const steps = images.flatMap(simulatedSteps)
  if (steps.length > 0 && !allowed) throw new SimulatedImageError(name, steps)
}

const simulatedSteps = (image: Image): string[] =>
  (image.config.history ?? []).flatMap(({ comment, created_by }) => (comment?.startsWith(SIMULATED_COMMENT) ? [created_by ?? '?'] : []))
