# How Sphinx builds the API reference alone; `make docs` builds it with all else.

extensions = ['openstackdocstheme', 'os_api_ref']

project = 'Marconi API reference'
copyright = 'OpenStack Foundation'
author = 'OpenStack'

openstackdocs_repo_name = 'openstack/marconi'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
version = release = ''

html_theme = 'openstackdocs'
html_theme_options = {'sidebar_mode': 'toc'}
pygments_style = 'native'
