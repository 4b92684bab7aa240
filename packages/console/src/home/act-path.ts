/** Where an act that a run waits for is done. */
import { paths } from '../paths.ts'

/** The page on which what a run waits for is done. */
export function actPath(
  project: string,
  feature: string,
  { step, waitsFor }: { readonly step: number | null; readonly waitsFor: string | null },
): string {
  if (waitsFor === 'inputs') return paths.inputs(project, feature)
  if (waitsFor === 'work-plan') return paths.workPlan(project, feature)
  if (waitsFor !== null && ['review', 'approval', 'schedule'].includes(waitsFor)) {
    return paths.approval(project, feature)
  }
  if (step !== null && waitsFor !== null && ['decision', 'acknowledgement'].includes(waitsFor)) {
    return paths.step(project, feature, step)
  }
  return paths.feature(project, feature)
}
