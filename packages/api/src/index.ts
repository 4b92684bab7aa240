/** The contract: everything that a program needs to speak to the server. */
export { createClient } from './client.ts'
export type { Arguments, Call, Client, Outcome } from './client.ts'
export { operations } from './operations.ts'
export type { OperationId, Operations } from './operations.ts'
export { Problem } from './problem.ts'
