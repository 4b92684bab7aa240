/** Forms, in the few scopes that take them: no operation of the API accepts one, which any page could send. */
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Lets a scope read forms of at most so many bytes; their body is a URLSearchParams. */
export function readForms(scope: FastifyInstance, bodyLimit: number): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit },
    async (_: FastifyRequest, body: string) => new URLSearchParams(body),
  )
}
