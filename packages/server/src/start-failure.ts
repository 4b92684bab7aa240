/**
 * A reason not to start that the operator can do something about: one clear sentence, printed
 * without a stack, exit code 1.
 */
export class StartFailure extends Error {}
