/** What sources ask of the process that they run in. */
export const residualsProcess = { env: {}, platform: 'browser', arch: '', versions: { node: '' }, pid: 0 };
