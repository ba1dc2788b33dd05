/** What the commands of one first word are about, for the overview, which lists them as one. */
export const commandFamilies: Readonly<Record<string, string>> = {
  config: 'Show and change the kubeconfig',
  auth: 'Tell who you are and what you may do',
  create: 'Make objects, from files or from words',
};
