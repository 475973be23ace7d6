# How Sphinx builds these pages: `make docs`.

extensions = [
    'openstackdocstheme',
    'os_api_ref',
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
    'reno.sphinxext',
]

project = 'Marconi'
copyright = 'OpenStack Foundation'
author = 'OpenStack'

# A page says what it says for the source tree that it is in.
openstackdocs_repo_name = 'openstack/marconi'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
version = release = ''

html_theme = 'openstackdocs'
html_theme_options = {'sidebar_mode': 'toctree'}
pygments_style = 'native'
