/** What a pipeline or a transaction answered. ioredis reports its errors per command and throws none; this throws the first. */
export function pipelineResults(answers: [error: Error | null, result: unknown][] | null): unknown[] {
  if (answers === null) throw new Error('the transaction was not executed')
  for (const [error] of answers) if (error) throw error
  return answers.map(([, result]) => result)
}
