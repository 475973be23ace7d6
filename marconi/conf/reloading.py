"""Reading the configuration again while the service runs."""

from oslo_config import cfg
from oslo_log import log

from marconi import conf as conf_module
from marconi.conf import opts

LOG = log.getLogger(__name__)


def check(conf):
    """Look at every option.

    :raises cfg.Error: one has a value that it cannot have.
    """
    for group, options in opts.list_opts():
        for option in options:
            conf[group][option.dest]


def reload(conf):
    """Let ``conf`` have what its files say now of the mutable options; return whether it does.

    If something is wrong with any of them, everything stays as it was, and the log says why.
    """
    try:
        _look_ahead(conf)
        conf.mutate_config_files()
    except (cfg.Error, ValueError, OSError) as error:
        wrong = str(error)
    else:
        LOG.info('The configuration was read again.')
        return True
    # Not above: oslo.log would say it twice.
    LOG.error('The configuration stays as it was: %s', wrong)
    return False


def _look_ahead(conf):
    """Read the same files for nobody.

    ``mutate_config_files`` looks at values only when they are asked for, and by then the old
    ones are gone.
    """
    directories = [word for path in conf.config_dir or () for word in ('--config-dir', path)]
    check(conf_module.new(directories, conf.config_file))
