import type { Status } from '../../api/status.ts';
import { sendObject } from '../answer.ts';
import type { ServedResource } from '../served-resource.ts';
import type { StoredObject } from '../stored-object.ts';
import { chooseView, sendStored } from '../view.ts';
import { DELETE_PARAMETERS, readDeleteOptions } from './delete-options.ts';
import { checkParameters } from './parameters.ts';
import { removeStored } from './removal.ts';
import type { Verb } from './verb.ts';

/** DELETE of one object. Answers with the object while it stays, with a Status once it is gone. */
export const remove: Verb = async ({ api, exchange, served, namespace, name }) => {
  checkParameters(exchange, DELETE_PARAMETERS);
  const view = chooseView(exchange, 'object');
  const options = await readDeleteOptions(exchange);
  const { stored, gone } = await removeStored({ api, served, namespace, name, user: exchange.user, options });
  if (gone && served.definition.returnsDeletedObject === undefined) {
    return sendObject(exchange, 200, successOf(served, stored), view.form);
  }
  // told apart for those who asked for dependents to go too: the work has only begun
  const code = !gone && options.orphanDependents === false ? 202 : 200;
  await sendStored(exchange, code, view, served.definition, stored, api.now());
};

function successOf({ resource: { group, resource } }: ServedResource, { object }: StoredObject): Status {
  const { name, uid } = object.metadata;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      ...(name === undefined ? {} : { name }),
      ...(group === '' ? {} : { group }),
      kind: resource,
      ...(uid === undefined ? {} : { uid }),
    },
  };
}
